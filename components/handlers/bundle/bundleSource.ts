/** A handler that is to be bundled: a file, or the text of an inline handler. */
export interface BundleSource {
  /** Absolute path of the handler's file. */
  file?: string;
  inline?: InlineText;
  /** Name by which problems and the bundle call it: the file as the program names it, or the processor's. */
  name: string;
  /** The program's folder: packages of an inline handler are found from there. */
  folder: string;
  /** True if the workers run the stock image, whose packages are known. */
  isStockImage: boolean;
}

/** Text of an inline handler, a CommonJS module with the handler as its default export, and its source map. */
export interface InlineText {
  text: string;
  map: string;
}

/** Name of a bundle's own entry, and in an inline handler's source map of what isn't the program's. */
export const entryName = "handler-entry.js";
