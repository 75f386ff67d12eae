"""Mean, median and deviation of the numbers in a job's payload."""

import json
import statistics
import sys

reject = 3

job = json.load(sys.stdin)
numbers = job["payload"]["numbers"]
if len(numbers) < 2:
    print(f"Expected two numbers at least, got {len(numbers)}", file=sys.stderr)
    sys.exit(reject)

print(f"progress 0.5 {len(numbers)} numbers", flush=True)
print(
    json.dumps(
        {
            "count": len(numbers),
            "mean": statistics.fmean(numbers),
            "median": statistics.median(numbers),
            "deviation": statistics.stdev(numbers),
        }
    )
)
