/** Letters, marks and digits of any script; apostrophes and hyphens inside a word belong to it. */
const wordPattern = /[\p{L}\p{M}\p{N}_]+(?:['’\-‐][\p{L}\p{M}\p{N}_]+)*/gu;

/** A longer text without a space is cut, so that it can't fill the memory. */
const maxUncutCharacters = 65_536;

/** Counts of one text, fed piece by piece. */
export class WordCounter {
  private readonly counts = new Map<string, number>();
  private words = 0;
  private characters = 0;
  private lineBreaks = 0;
  /** The end of the text so far, which may be the beginning of a word. */
  private rest = "";
  private lastCharacter = "\n";

  add(text: string): void {
    if (text === "") return;
    this.lastCharacter = text.at(-1)!;
    const all = this.rest + text;
    const lastSpace = all.search(/\s\S*$/u) + 1;
    const cut = lastSpace > 0 || all.length < maxUncutCharacters ? lastSpace : all.length;
    this.count(all.slice(0, cut));
    this.rest = all.slice(cut);
  }

  /** Ends the text. The most frequent words come first, equally frequent ones in alphabetical order. */
  finish(topCount: number) {
    this.count(this.rest);
    this.rest = "";
    const { words, characters } = this;
    // A last line counts even without a line break.
    const lines = this.lineBreaks + (this.lastCharacter === "\n" ? 0 : 1);
    return { words, lines, characters, top: this.top(topCount) };
  }

  private count(text: string): void {
    for (const character of text) {
      this.characters++;
      if (character === "\n") this.lineBreaks++;
    }
    for (const [found] of text.matchAll(wordPattern)) {
      this.words++;
      const word = found.normalize("NFC").toLowerCase();
      this.counts.set(word, (this.counts.get(word) ?? 0) + 1);
    }
  }

  private top(count: number): { word: string; count: number }[] {
    const sorted = [...this.counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return sorted.slice(0, count).map(([word, times]) => ({ word, count: times }));
  }
}
