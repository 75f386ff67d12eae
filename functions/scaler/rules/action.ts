import type { CapacityReason } from "../../../contract/fleet/history";
import type { FleetState } from "../../../contract/fleet/state";

/** Fields of the fleet item to set; fields with the value undefined are removed. */
export type StateChanges = { [Field in keyof FleetState]?: FleetState[Field] | undefined };

/** Outcome of a check of a type: what is to be written, and done. */
export interface Decision {
  /** Written before the first action. */
  changes: StateChanges;
  actions: Action[];
}

/** An action that a decision asks for. */
export type Action =
  | { kind: "setDesired"; groupName: string; from: number; to: number; reason: CapacityReason }
  | { kind: "markUnhealthy"; instanceId: string; silentForSeconds: number }
  | { kind: "watch"; instanceId: string }
  | { kind: "retire"; instanceId: string };
