import { Handler } from "../handler";
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
  const decoder = new TextDecoder();
  const counter = new WordCounter();
  for await (const chunk of readInput(job.payload, context)) counter.add(decoder.decode(chunk, { stream: true }));
  counter.add(decoder.decode());
  return counter.finish(10);
};

export default wordCount;
