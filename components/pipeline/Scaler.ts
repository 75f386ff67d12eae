import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { workerAlias } from "../../contract/fleet/state";
import { type DeployTarget } from "../aws/DeployTarget";
import { allow, keepFleetItems, ofDeployment, type PolicyStatement, readJobTypes } from "../aws/permissions";
import { type EachMinute, neverRepeat, runEachMinute } from "./eachMinute";
import { type FunctionSettings, LambdaFunction } from "./LambdaFunction";

export type ScalerArgs = FunctionSettings & {
  typeTable: aws.dynamodb.Table;
  fleetTable: aws.dynamodb.Table;
  target: DeployTarget;
};

/** The scaler, as fleets and their workers know it. */
export interface ScalerOfFleets {
  fleetTable: aws.dynamodb.Table;
  /** Of the alias by which workers nudge the scaler. */
  functionArn: pulumi.Input<string>;
}

/**
 * The Lambda that raises each type's Auto Scaling group to what its backlog needs: each minute, and whenever the router
 * or a worker nudges it. It doesn't change when types come and go: queues admit its role, and groups carry its tag.
 */
export class Scaler extends pulumi.ComponentResource {
  readonly scaler: LambdaFunction;
  readonly minute: EachMinute;
  private readonly fleetTable: aws.dynamodb.Table;
  private readonly forWorkers: aws.lambda.Alias;

  constructor(name: string, args: ScalerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:Scaler", name, {}, opts);
    const { typeTable, fleetTable, target, tags } = args;
    const child = { parent: this };
    this.fleetTable = fleetTable;
    this.scaler = new LambdaFunction(
      `${name}-scaler`,
      {
        ...args,
        code: "scaler",
        environment: { TYPE_TABLE: typeTable.name, FLEET_TABLE: fleetTable.name },
        statements: [
          readJobTypes(typeTable.arn, "dynamodb:Scan"),
          keepFleetItems(fleetTable.arn),
          describeGroups,
          scaleGroups(target, fleetTable.name),
        ],
      },
      child,
    );
    this.forWorkers = new aws.lambda.Alias(
      `${name}-workers`,
      { functionName: this.scaler.function.name, functionVersion: "$LATEST", name: workerAlias },
      child,
    );
    // Of the router's nudges.
    neverRepeat(`${name}-once`, this.scaler.function, child);
    const description = "Raises fleets to what their backlogs need";
    this.minute = runEachMinute(name, this.scaler, { description, tags }, child);
    this.registerOutputs();
  }

  /** The scaler's data for fleets and their workers. */
  forFleets(): ScalerOfFleets {
    return { fleetTable: this.fleetTable, functionArn: this.forWorkers.arn };
  }
}

const describeGroups = allow(
  "DescribeGroups",
  "autoscaling:DescribeAutoScalingGroups",
  "autoscaling:DescribeScalingActivities",
)("*");

function scaleGroups({ partition, region }: DeployTarget, fleetTable: pulumi.Input<string>): PolicyStatement {
  const groups = pulumi.interpolate`arn:${partition}:autoscaling:${region}:*:autoScalingGroup:*:autoScalingGroupName/*`;
  return {
    ...allow("ScaleGroups", "autoscaling:SetDesiredCapacity", "autoscaling:SetInstanceHealth")(groups),
    Condition: ofDeployment("autoscaling", fleetTable),
  };
}
