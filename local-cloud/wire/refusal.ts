/** A service's error, in AWS's words. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly code = "ValidationError",
    readonly status = 400,
  ) {
    super(message);
    this.name = "Refused";
  }
}
