#!/bin/sh
# watchGroups.sh MARK: reads "+ PID" and "- PID" until the worker is gone, then kills the groups that are left, and every
# process that has the worker's mark in its environment. That needs /proc and grep.
groups=" "
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
for _ in 1 2 3 4 5; do
  found=
  for folder in /proc/[0-9]*; do
    if grep -aqs "$1" "$folder/environ" 2>/dev/null; then
      found=1
      kill -s KILL "${folder#/proc/}" 2>/dev/null
    fi
  done
  [ "$found" ] || break
done
