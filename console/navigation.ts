import { signal } from "@preact/signals";
import { placeOf } from "./filters";

/** The view that the address names. */
export const place = signal(placeOf(location.hash));

addEventListener("hashchange", () => {
  place.value = placeOf(location.hash);
});

/** Goes to a link of `linkTo`, in place of the present one if it only narrows that. */
export function goTo(link: string, isNarrowing = false): void {
  if (isNarrowing) {
    history.replaceState(null, "", link);
    place.value = placeOf(link);
  } else location.hash = link;
}
