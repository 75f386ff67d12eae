import { optionalText, text } from "../../properties";
import { arnOf, physicalName, type ResourceHandler, type ResourceHandlers } from "../resource";

const eventRule: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    const arn = arnOf(cloud, "events", `rule/${name}`);
    cloud.schedules.create(name, arn, text(inputs, "scheduleExpression"));
    return { id: name, state: { ...inputs, name, arn } };
  },
  update(id, { name, arn }, inputs, { cloud }) {
    cloud.schedules.change(id, text(inputs, "scheduleExpression"));
    return { ...inputs, name, arn };
  },
  delete: (id, _state, { cloud }) => cloud.schedules.delete(id),
};

const eventTarget: ResourceHandler = {
  create(inputs, context) {
    const { cloud } = context;
    const targetId = optionalText(inputs, "targetId") ?? physicalName({}, context);
    const arn = text(inputs, "arn");
    if (!cloud.lambdas.find(arn)) throw new Error(`Expected a function as target in the local cloud, got ${arn}`);
    cloud.schedules.target(text(inputs, "rule"), arn, optionalText(inputs, "input"));
    return { id: targetId, state: { ...inputs, targetId } };
  },
};

export const events: ResourceHandlers = {
  "aws:cloudwatch/eventRule:EventRule": eventRule,
  "aws:cloudwatch/eventTarget:EventTarget": eventTarget,
};
