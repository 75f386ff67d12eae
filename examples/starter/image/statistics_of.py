"""Mean and median of the numbers in a job's payload: the job comes on standard input, the result goes to standard output."""

import json
import statistics
import sys

REJECT = 3  # exit code: the job fails for good, and no other attempt is made

job = json.load(sys.stdin)
numbers = job["payload"]["numbers"]
if not numbers:
    print("Expected at least one number, got none", file=sys.stderr)
    sys.exit(REJECT)

print(f"progress 0.5 {len(numbers)} numbers", flush=True)
print(json.dumps({"mean": statistics.fmean(numbers), "median": statistics.median(numbers)}))
