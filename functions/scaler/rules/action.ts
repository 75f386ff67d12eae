import type { FleetState } from "../../../contract/fleet/state";

/** Fields of the fleet item to set; those that are there but undefined go. */
export type StateChanges = { [Field in keyof FleetState]?: FleetState[Field] | undefined };

/** What a decision asks for. */
export type Action =
  | { kind: "remember"; changes: StateChanges }
  | { kind: "setDesired"; groupName: string; from: number; to: number; reason: CapacityReason }
  | { kind: "markUnhealthy"; instanceId: string; silentForSeconds: number }
  | { kind: "watch"; instanceId: string }
  | { kind: "retire"; instanceId: string };

/** Why a group's desired capacity changes; only for the last two it may be lowered. */
export type CapacityReason = "backlog" | "launches fail" | "spot stays short";
