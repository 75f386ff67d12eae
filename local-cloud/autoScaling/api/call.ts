import type { XmlValue } from "../../wire/xml";
import type { Groups } from "../groups";
import type { Input } from "./input";

/** One action: returns the members of its result, or throws its refusal. */
export type Call = (groups: Groups, input: Input) => Record<string, XmlValue>;
