#!/bin/bash
# Mounts the instance store where the worker has its folders; several disks as one, striped. Run before each start of the
# worker; it does so once while the machine is up. What an earlier start of the machine left is of no use. The machine image
# brings dmsetup and XFS, but neither mdadm nor LVM.
set -euo pipefail
# shellcheck source=worker-image/boot/aws.sh
. "${0%/*}/aws.sh"
folder=${DISK_FOLDER:-/var/lib/batch-job-worker}
if mountpoint -q "$folder"; then exit; fi
disks=()
for block in "${SYS_FOLDER:-/sys}"/block/nvme*; do
  if grep -qs '^Amazon EC2 NVMe Instance Storage' "$block/device/model"; then
    disks+=("$(realpath "${DEV_FOLDER:-/dev}/${block##*/}")")
  fi
done
if ((${#disks[@]} == 0)); then
  echo "This instance has no NVMe instance store" >&2
  exit 1
fi
device=${disks[0]}
if ((${#disks[@]} > 1)); then
  # In sectors of 512 bytes; the disks of an instance are of one size.
  chunk=1024
  each=$(blockdev --getsz "$device")
  table="0 $((each / chunk * chunk * ${#disks[@]})) striped ${#disks[@]} $chunk"
  for disk in "${disks[@]}"; do table+=" $disk 0"; done
  name=${STRIPE_NAME:-batch-job-worker}
  dmsetup remove "$name" 2>/dev/null || true
  dmsetup create "$name" --table "$table"
  device=/dev/mapper/$name
fi
# The disks come trimmed. Their hardware encrypts what is written.
if command -v mkfs.xfs >/dev/null; then mkfs.xfs -q -f -K "$device"; else mkfs.ext4 -q -F -m 0 -E nodiscard "$device"; fi
install -d "$folder"
mount -o noatime,nodev,nosuid "$device" "$folder"
