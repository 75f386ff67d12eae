import { type Handler, permanent } from "../handlers/handler";
import { readInput } from "../inputs/input";
import { WordCounter } from "../inputs/wordCounter";

export interface WordCountResult {
  words: number;
  lines: number;
  /** Unicode code points. */
  characters: number;
  /** The ten most frequent words, in lower case. */
  top: { word: string; count: number }[];
}

/** Counts the words of a text in UTF-8 of any size. Payload: `{text}` or `{input: "s3://bucket/key"}`. */
const wordCount: Handler = async (job, context): Promise<WordCountResult> => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const counter = new WordCounter();
  let bytes = 0;
  for await (const chunk of readInput(job.payload, context)) {
    counter.add(textOf(bytes, () => decoder.decode(chunk, { stream: true })));
    bytes += chunk.length;
  }
  counter.add(textOf(bytes, () => decoder.decode()));
  return counter.finish(10);
};

export default wordCount;

/** Fails for good on bytes that aren't UTF-8: counting them would give a meaningless result. */
function textOf(afterBytes: number, decode: () => string): string {
  const place = `after byte ${afterBytes}`;
  let text: string;
  try {
    text = decode();
  } catch (cause) {
    throw permanent(`Expected a text in UTF-8, got other bytes ${place}: another encoding, or no text`, { cause });
  }
  if (text.includes("\0")) throw permanent(`Expected a text in UTF-8, got zeros ${place}: UTF-16, or no text`);
  return text;
}
