#!/bin/bash
# First boot of a Mirrorwatch sensor on Amazon Linux 2023. Where it fails nothing listens, the balancer sends nothing here, and the group
# replaces the instance when its grace is over. /var/log/cloud-init-output.log has what it said.
set -euo pipefail

readonly url='s3://assets-123456789012-eu-central-1/0f1e2d.bin'
readonly sum='abababababababababababababababababababababababababababababababab'
readonly region='eu-central-1'
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
AWS_REGION=eu-central-1
MIRRORWATCH_DEPLOYMENT=main
MIRRORWATCH_GROUP=mirrorwatch-main-sensors
MIRRORWATCH_LIFECYCLE_HOOK=mirrorwatch-main-end
MIRRORWATCH_RECORDS=mirrorwatch-main-records
MIRRORWATCH_TABLE=mirrorwatch-main
MIRRORWATCH-END
  echo "GOMEMLIMIT=$limit" >>"$root/etc/mirrorwatch/environment"
  cat >"$root/etc/sysctl.d/90-mirrorwatch.conf" <<'MIRRORWATCH-END'
net.core.rmem_max = 33554432
net.core.netdev_max_backlog = 16384
net.core.netdev_budget = 600
net.core.netdev_budget_usecs = 8000
MIRRORWATCH-END
  cat >"$root/etc/systemd/system/mirrorwatch-sensor.service" <<'MIRRORWATCH-END'
[Unit]
Description=Mirrorwatch sensor: receives mirrored packets and raises detections
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0
[Service]
Type=exec
EnvironmentFile=/etc/mirrorwatch/environment
ExecStart=/usr/local/bin/mirrorwatch sensor --listen :4789 --side :9478
Restart=on-failure
RestartSec=2
TimeoutStopSec=180
StandardOutput=null
StandardError=journal
SyslogIdentifier=mirrorwatch
DynamicUser=yes
StateDirectory=mirrorwatch
StateDirectoryMode=0700
UMask=0077
LimitNOFILE=65536
TasksMax=512
MemoryMax=85%
CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
[Install]
WantedBy=multi-user.target
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
