/** Longest timer of Node: a longer one runs at once. */
const maxTimerMilliseconds = 2 ** 31 - 1;

/** Runs at a time, however far ahead; the returned function cancels it. */
export function once(at: number, run: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const left = at - Date.now();
    timer = left > maxTimerMilliseconds ? setTimeout(wait, maxTimerMilliseconds) : setTimeout(run, Math.max(0, left));
  };
  wait();
  return () => clearTimeout(timer);
}

/** Runs at an interval, however long, the first time one interval from now; the returned function ends that. */
export function every(milliseconds: number, run: () => void): () => void {
  let cancel: () => void;
  const wait = () => {
    cancel = once(Date.now() + milliseconds, () => {
      wait();
      run();
    });
  };
  wait();
  return () => cancel();
}
