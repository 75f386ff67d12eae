import type { CapacityReason } from "../../../contract/fleet/history";
import type { FleetState } from "../../../contract/fleet/state";

/** Fields of the fleet item to set; fields with the value undefined are removed. */
export type StateChanges = { [Field in keyof FleetState]?: FleetState[Field] | undefined };

/** An action that a decision asks for. */
export type Action =
  | { kind: "remember"; changes: StateChanges }
  | { kind: "setDesired"; groupName: string; from: number; to: number; reason: CapacityReason }
  | { kind: "markUnhealthy"; instanceId: string; silentForSeconds: number }
  | { kind: "watch"; instanceId: string }
  | { kind: "retire"; instanceId: string }
  | { kind: "keepPast"; past: string };
