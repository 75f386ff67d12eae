import type { LogGroup } from "../../logs/logGroups";
import { arnOf, physicalName, putHandler } from "../resource";

export const logGroup = putHandler(
  (inputs, context, before) => {
    const { cloud } = context;
    const name = before?.id ?? physicalName(inputs, context);
    const arn = arnOf(cloud, "logs", `log-group:${name}`);
    cloud.logs.groups.set(name, { arn, tags: (inputs.tags ?? {}) as LogGroup["tags"] });
    return { id: name, state: { ...inputs, name, arn } };
  },
  (id, _state, { cloud }) => void cloud.logs.groups.delete(id),
);
