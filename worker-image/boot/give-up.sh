#!/bin/bash
# give-up.sh [REASON]: has the group replace this instance, and says why, on the console and in the log group. While the
# group waits for the worker the launch is abandoned; later, or for a group without the hook, the instance is unhealthy.
# Without a reason it is the end of what the worker itself wrote, and Docker for it: systemd's own lines say nothing of it.
set -euo pipefail
# shellcheck source=worker-image/boot/aws.sh
. "${0%/*}/aws.sh"
reason=${*:-$(journalctl _SYSTEMD_UNIT=batch-job-worker.service --lines 40 --output cat)}
reason=${reason:-The worker wrote nothing before it ended}
echo "Giving this instance up: $reason" >&2
instance=$(metadata instance-id)
# One line of plain text, cut from the front: the cause stands at the end.
plain() { LC_ALL=C tr '\n\t' '  ' | LC_ALL=C tr -cd '\40-\176' | tail -c 2000; }
quoted() { sed 's/[\"]/\\&/g'; }
reason=$(plain <<<"$reason" | quoted)
line='{"time":"'$(date -u +%FT%T.%3NZ)'","level":"error","event":"instance-given-up","reason":"'$reason'","worker":"'$instance'","jobType":"'$TYPE'"}'
stream='"logGroupName":"'$LOG_GROUP'","logStreamName":"'$instance'-given-up"'
logs CreateLogStream "{$stream}" || true
logs PutLogEvents "{$stream,\"logEvents\":[{\"timestamp\":$(date +%s000),\"message\":\"$(quoted <<<"$line")\"}]}" \
  || echo "The log group did not take the reason" >&2
group=$(metadata tags/instance/aws:autoscaling:groupName) \
  || group=$(scaling DescribeAutoScalingInstances "InstanceIds.member.1=$instance" \
    | sed -n 's:.*<AutoScalingGroupName>\([^<]*\)<.*:\1:p') \
  || group=unknown
scaling CompleteLifecycleAction "AutoScalingGroupName=$group" "LifecycleHookName=$LAUNCH_HOOK" \
  "InstanceId=$instance" LifecycleActionResult=ABANDON \
  || scaling SetInstanceHealth "InstanceId=$instance" HealthStatus=Unhealthy ShouldRespectGracePeriod=false
