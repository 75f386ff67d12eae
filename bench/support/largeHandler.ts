import Ajv from "ajv";
import { request } from "undici";
import { z } from "zod";

const schema = z.object({ url: z.string() });

/** A handler whose packages make a bundle of 2 MB. */
export default async function handle({ payload }: { payload: unknown }): Promise<boolean> {
  const { url } = schema.parse(payload);
  const { body } = await request(url);
  return new Ajv().validateSchema((await body.json()) as object) === true;
}
