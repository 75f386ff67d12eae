/** A handler that is to be bundled: a file, or the text of an inline handler. */
export interface BundleSource {
  /** Absolute path of the handler's file. */
  file?: string;
  /** Text of an inline handler, a CommonJS module with the handler as its default export. */
  text?: string;
  /** Name by which problems and the bundle call it: the file as the program names it, or the processor's. */
  name: string;
  /** The program's folder: packages of an inline handler are found from there. */
  folder: string;
  /** True if the workers run the stock image, whose packages are known. */
  isStockImage: boolean;
}
