/** A shell script's text, which esbuild puts into the bundle. */
declare module "*.sh" {
  const text: string;
  export default text;
}
