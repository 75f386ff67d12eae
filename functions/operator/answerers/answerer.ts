import type { OperatorRoute } from "../../../contract/http/routes";
import type { HttpAnswer } from "../../shared/httpAnswer";
import type { OperatorCall } from "../../shared/operatorCall";

/** Answers the requests of a route; `functionArn` is the function's own. */
export type Answerer = (call: OperatorCall & { functionArn: string }) => Promise<HttpAnswer>;

/** The answerers of some routes. */
export type Answerers<Names extends OperatorRoute = OperatorRoute> = Record<Names, Answerer>;
