#!/bin/bash
# First boot of a Mirrorwatch sensor on Amazon Linux 2023. Where it fails nothing listens, the balancer sends nothing here, and the group
# replaces the instance when its grace is over. /var/log/cloud-init-output.log has what it said.
set -euo pipefail

readonly url=@URL@
readonly sum=@SUM@
readonly region=@REGION@
readonly root=${MIRRORWATCH_ROOT:-} # a test's; empty on an instance

# memory_limit FILE: half of the memory in bytes, 1 GiB at the least; FILE is /proc/meminfo. The other half is the kernel's: packets wait there.
memory_limit() {
  awk '/^MemTotal:/ { half = $2 * 512; if (half < 1073741824) half = 1073741824; printf "%d\n", half; found = 1 } END { exit !found }' "$1"
}

# fetch URL SUM TO: a program that is not the expected one is never put in place.
fetch() {
  local try part
  part=$(mktemp "$3.XXXXXX")
  for try in 1 2 3 4 5 6; do
    if aws s3 cp --region "$region" --only-show-errors "$1" "$part" && echo "$2  $part" | sha256sum --check --status --strict; then
      chmod 0755 "$part"
      mv -f "$part" "$3"
      return 0
    fi
    echo "mirrorwatch: attempt $try to fetch $1 gave nothing with the SHA-256 $2" >&2
    sleep "$((try * ${MIRRORWATCH_PAUSE:-5}))"
  done
  rm -f "$part"
  return 1
}

write_files() {
  local limit
  limit=$(memory_limit /proc/meminfo)
  install -d -m 0755 "$root/etc/mirrorwatch" "$root/etc/sysctl.d" "$root/etc/systemd/system" "$root/usr/local/bin"
  (umask 0077; cat >"$root/etc/mirrorwatch/environment") <<'MIRRORWATCH-END'
@ENVIRONMENT@
MIRRORWATCH-END
  echo "GOMEMLIMIT=$limit" >>"$root/etc/mirrorwatch/environment"
  cat >"$root/etc/sysctl.d/90-mirrorwatch.conf" <<'MIRRORWATCH-END'
@SYSCTL@
MIRRORWATCH-END
  cat >"$root/etc/systemd/system/mirrorwatch-sensor.service" <<'MIRRORWATCH-END'
@UNIT@
MIRRORWATCH-END
}

main() {
  write_files
  sysctl --quiet --load="$root/etc/sysctl.d/90-mirrorwatch.conf"
  fetch "$url" "$sum" "$root/usr/local/bin/mirrorwatch"
  systemctl daemon-reload
  systemctl enable --now mirrorwatch-sensor.service
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main; fi
