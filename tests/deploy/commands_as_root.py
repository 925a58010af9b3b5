"""Commands under sudo, as words: those that playbooks run, and those that somebody with the account would try."""

PREFIX = "timeout -k 5 60 "
ID, OTHER, MACHINE = "a1" * 32, "b2" * 32, "c3" * 16
LINES = (
    "journalctl --quiet --no-pager --no-hostname --output=short-iso --priority=err --since=-3600s"
)
LVS = "lvs --reportformat json --units b --nosuffix --segments"
LVS_FIELDS = f"{LVS} -o vg_name,lv_name,segtype,lv_size,vg_free,vg_extent_size"
PVS_FIELDS = "pvs --reportformat json --units b --nosuffix -o pv_name,pv_uuid,pv_size,dev_size"
STOPPED = "docker container ls --all --no-trunc --filter status=exited --filter status=dead"
NO_ARCHIVE = "--config backup/archive=0"
GROWPART = "env TMPDIR=/dev/shm growpart"
DU = "timeout -k 2 21 du -x -k -d 3 --"
OPENED = (
    "find /proc -maxdepth 3 -path /proc/[0-9]*/fd/* -lname /*_(deleted)"
    " -exec stat -L -c %d_%i_%b_%n {} + -exec stat -c %N {} +"
)
INODES = DU.replace("-k -d", "--inodes -d")
GROWING = [
    "dumpe2fs -h /dev/nvme0n1p1",
    "dumpe2fs -h /dev/xvda1",
    "blkid -p -s UUID -o value -- /dev/mapper/vg-var",
    f"{LVS_FIELDS} /dev/mapper/vg-var",
    f"{PVS_FIELDS} /dev/sda2",
    f"{GROWPART} /dev/nvme0n1 1",
    f"{GROWPART} /dev/xvda 12",
    "pvresize /dev/sda2",
    f"pvresize {NO_ARCHIVE} /dev/sda2",
    "lvextend -l +100%FREE vg/var",
    f"lvextend {NO_ARCHIVE} -l +100%FREE vg/var",
    "lvextend -l +100%FREE ubuntu-vg/ubuntu-lv",
    "resize2fs /dev/mapper/vg-var",
    "resize2fs /dev/md127",
    "resize2fs /dev/dm-3",
    "resize2fs /dev/mmcblk0p2",
    "xfs_growfs -n /srv/pg-data",
    "xfs_growfs /",
]
DOCKER = [
    "docker info --format {{json_.}}",
    f"{STOPPED} --format {{{{.ID}}}}",
    f"{STOPPED} --filter label=keep --format {{{{.ID}}}}",
    f"docker container rm {ID}",
    f"docker container rm {ID} {OTHER}",
]
SHIPPED = [
    *GROWING,
    *DOCKER,
    "journalctl --disk-usage",
    "journalctl --rotate --vacuum-size=524288000 --vacuum-time=172800s",
    f"journalctl --rotate --directory=/run/log/journal/{MACHINE} --vacuum-size=524288000 --vacuum-time=172800s",
    "docker image prune --force --filter until=86400s --filter label!=keep",
    "docker builder prune --force --filter until=86400s",
    "journalctl --quiet --no-pager --no-hostname --output=short-iso --priority=err --since=-1800s"
    " --lines=20 --unit=nginx.service",
    f"{DU} /var/lib/docker",
    f"{DU} /srv/.snapshots/old",
    f"{INODES} /var/lib/docker",
    f"{INODES} /srv/.snapshots/old",
    "systemctl restart -- nginx.service",
    "systemctl reset-failed -- nginx.service",
    "systemctl restart -- haproxy.service",
    "systemctl reset-failed -- haproxy.service",
    "systemctl restart -- grafana-server.service",
    "systemctl reset-failed -- grafana-server.service",
    OPENED,
]
WIDE = [
    *GROWING,
    *DOCKER,
    "journalctl --disk-usage",
    "journalctl --rotate --vacuum-size=1048576",
    "journalctl --rotate --vacuum-size=524288000 --vacuum-time=604800s",
    "journalctl --rotate --vacuum-time=60s",
    f"journalctl --rotate --directory=/run/log/journal/{MACHINE} --vacuum-size=10485760",
    "docker image prune --force --filter until=60s --filter label!=keep",
    "docker builder prune --force --filter until=259200s",
    f"{LINES} --lines=1",
    f"{LINES} --lines=100 --unit=nginx.service",
    f"{LINES} --lines=20 --unit=app@1:a.socket",
    f"{DU} /var/lib/docker",
    f"{DU} /srv/.snapshots/old",
    f"{DU} /",
    f"{INODES} /srv/.snapshots/old",
    "systemctl restart -- nginx.service",
    "systemctl reset-failed -- nginx.service",
    "systemctl restart -- getty@tty1.service",
    "systemctl reset-failed -- getty@tty1.service",
    "systemctl reload nginx.service",
    "find /data/old-2 -mtime +7 -delete",
    "test -d /data/old-2",
    "nginx -t",
    OPENED,
]
NO_DEVICES = [
    "/dev/../var/tmp/x.img",
    "/dev/shm/evil.img",
    "/dev/shm",
    "/dev/mapper/../shm/evil.img",
    "/dev/mapper/../../var/tmp/x.img",
    "/dev/mapper/..",
    "/dev/./shm/evil.img",
    "/dev//shm/evil.img",
    "/dev/fd/3",
    "/dev/stdin",
    "/dev/mqueue/evil",
    "/dev/pts/0",
    "/dev/mem",
    "/dev/sda/../shm/evil.img",
    "/dev/sda1/../../var/tmp/x",
    "/dev/vg/var",
    "/dev/disk/by-label/evil",
    "/dev/loop-control",
    "/var/tmp/x.img",
    "dev/sda1",
    "-f",
]
NO_PATHS = [
    "/etc/../root",
    "/..",
    "/../root",
    "/var/..",
    "/var/../../root",
    "/var/./..",
    "//root",
    "/var//../root",
    "root",
    "../root",
    "/var/$HOME",
    "/var/*",
    "/var;id",
]
ESCAPES = [
    *(f"{words} {device}" for device in NO_DEVICES for words in ("resize2fs", "pvresize")),
    *(f"dumpe2fs -h {device}" for device in NO_DEVICES),
    *(f"{GROWPART} {device} 1" for device in NO_DEVICES),
    *(f"blkid -p -s UUID -o value -- {device}" for device in NO_DEVICES[:6]),
    *(f"{LVS_FIELDS} {device}" for device in NO_DEVICES[:6]),
    *(f"{PVS_FIELDS} {device}" for device in NO_DEVICES[:6]),
    *(f"{words} {path}" for path in NO_PATHS for words in (DU, INODES)),
    *(f"xfs_growfs {path}" for path in NO_PATHS),
    *(
        f"journalctl --rotate --vacuum-time={age}"
        for age in ("0", "0s", "1s", "59s", "00s", "1us", "1")
    ),
    *(
        f"journalctl --rotate --vacuum-size={size}"
        for size in ("0", "1", "1048575", "0M", "1K", "1B")
    ),
    "journalctl --rotate --vacuum-size=500M --vacuum-time=0",
    "journalctl --rotate --vacuum-files=1",
    "journalctl --rotate --directory=/etc --vacuum-size=500M",
    f"journalctl --rotate --directory=/var/log/journal/../{MACHINE} --vacuum-size=500M",
    f"journalctl --rotate --directory=/var/log/journal/{MACHINE}/.. --vacuum-size=500M",
    "journalctl --rotate --directory=/var/log/journal --vacuum-size=500M",
    *(
        f"docker {noun} prune --force --filter until={age} --filter label!=keep"
        for noun in ("image", "builder")
        for age in ("0s", "1s", "59s", "0h", "0", "2006-01-02", "-1h", "1ns")
    ),
    "docker container prune --force --filter until=72h",
    "docker container prune --force --filter until=259200s --filter label!=keep",
    f"docker container rm --force {ID}",
    f"docker container rm -f {ID}",
    f"docker container rm --volumes {ID}",
    f"docker container rm {ID} -v",
    f"docker container rm {ID} --link",
    f"docker rm {ID}",
    "docker container rm api",
    "docker container rm a1b2c3",
    "docker container rm",
    f"docker container kill {ID}",
    f"docker container stop {ID}",
    f"docker container inspect {ID}",
    f"docker image rm {ID}",
    f"docker volume rm {ID}",
    f"docker exec {ID} id",
    f"docker cp {ID}:/etc/shadow /tmp",
    "docker --config /tmp/evil info --format {{json_.}}",
    "docker --host tcp://192.0.2.7:2375 info --format {{json_.}}",
    "docker info --format {{.ID}}",
    *(
        f"systemctl {verb} -- {unit}"
        for verb in ("restart", "reset-failed")
        for unit in (
            "../evil.service",
            "/tmp/evil.service",
            "-f.service",
            "--now.service",
            "evil.timer",
            "evil.service.d",
            "a.service b.service",
            "a,b.service",
            "*.service",
            "@a.service",
            ".service",
            f"{'a' * 202}.service",
        )
    ),
    *(
        f"{LINES} --lines={lines}"
        for lines in ("0", "101", "1000", "+1", "all", "20 --unit=-a", "20 --unit=/x", "20 --unit=")
    ),
    LINES.replace("-3600s", "-59s") + " --lines=20",
    LINES.replace("-3600s", "-1s") + " --lines=20",
    LINES.replace("-3600s", "yesterday") + " --lines=20",
    *(
        f"systemctl reload {unit}"
        for unit in (
            "--force.service",
            "-a.service",
            "a.service b.service",
            "aXservice",
            "a.service --root=/tmp",
            ".service",
        )
    ),
    *(
        f"find /data/{rest} -delete"
        for rest in (
            ".. -mtime +7",
            "../etc -mtime +7",
            "a/../../etc -mtime +7",
            " -mtime +7",
            "-a -mtime +7",
            "a / -mtime +7",
            "a -mtime +6",
            "a -mtime +77",
            "a -mtime -7",
            "a -name x -mtime +7",
        )
    ),
    "find /data/a -mtime +7 -delete -exec id",
    "test -d /data/..",
    "test -e /data/a",
    "nginx -t -c /home/me/nginx.conf",
    "nginx",
    "nginx -s stop",
    *(
        f"{GROWPART} /dev/sda {number}"
        for number in ("0", "01", "1000", "1 --free-percent=0", "-1")
    ),
    *(
        f"lvextend -l +100%FREE {volume}"
        for volume in (
            "/dev/sda",
            "vg",
            "-f/a",
            "vg/-f",
            ".vg/a",
            "vg/a /dev/sdb",
            "vg//a",
            "v/g/a",
        )
    ),
    f"journalctl --rotate --directory=/tmp/log/journal/{MACHINE} --vacuum-size=1048576",
    f"journalctl --rotate --directory=/var/log/journal/{MACHINE[:-1]} --vacuum-size=1048576",
    f"journalctl --rotate --directory=/var/log/journal/{MACHINE}0 --vacuum-size=1048576",
    *(
        f"env {variables} growpart /dev/sda 1"
        for variables in (
            "TMPDIR=/home/me",
            "TMPDIR=/dev/shm/me",
            "TMPDIR=/dev/shm/../../home/me",
            "TMPDIR=",
            "PATH=/home/me TMPDIR=/dev/shm",
            "TMPDIR=/dev/shm PATH=/home/me",
            "TMPDIR=/dev/shm LD_PRELOAD=/home/me/x.so",
            "-S TMPDIR=/dev/shm",
            "-i TMPDIR=/dev/shm",
            "-C /home/me TMPDIR=/dev/shm",
        )
    ),
    "env TMPDIR=/dev/shm sh -c id",
    "env TMPDIR=/dev/shm growpart",
    "env TMPDIR=/dev/shm",
    "growpart /dev/sda 1",
    *(
        f"{words}"
        for option in (
            "backup/archive=1",
            "backup/archive=00",
            "backup/archive_dir=/home/me",
            "backup/archive=0,backup/archive_dir=/home/me",
            "devices/dir=/home/me",
            "global/thin_check_executable=/home/me/x",
        )
        for words in (
            f"pvresize --config {option} /dev/sda2",
            f"lvextend --config {option} -l +100%FREE vg/var",
        )
    ),
    f"pvresize {NO_ARCHIVE} {NO_ARCHIVE} /dev/sda2",
    f"pvresize {NO_ARCHIVE} --setphysicalvolumesize 1G /dev/sda2",
    f"lvextend {NO_ARCHIVE} -l +100%FREE vg/var /dev/sdb",
    f"lvextend -l +100%FREE vg/var {NO_ARCHIVE}",
    "systemctl reset-failed",
    "systemctl reset-failed --",
    "systemctl reset-failed nginx.service",
    "systemctl reset-failed -- nginx.service ../evil.service",
    f"{INODES} /var --files0-from=/etc/shadow",
    INODES.replace("-d 3", "-d 3 -L") + " /var",
    "find /proc -delete",
    "find / -maxdepth 3 -path /proc/[0-9]*/fd/* -delete",
    f"{OPENED} -delete",
    f"{OPENED} -fprint /etc/cron.d/x",
    f"{OPENED} -exec id {{}} +",
    OPENED.replace("/proc -max", "/home/me -max"),
    OPENED.replace("stat -L", "cat -L"),
    OPENED.replace("stat -c", "sh -c"),
    OPENED.replace("-exec", "-execdir"),
    OPENED.replace("-maxdepth 3", "-maxdepth 9"),
    OPENED.replace("-lname /*", "-name *"),
    "journalctl --rotate --vacuum-size=99999999999999999",
    "journalctl --rotate --vacuum-time=9999999999s",
]
"""Refused by the wide file, too."""
BEYOND = [
    "journalctl --rotate --vacuum-size=524287999 --vacuum-time=172800s",
    "journalctl --rotate --vacuum-size=524288000 --vacuum-time=172799s",
    "journalctl --rotate --vacuum-size=524288000",
    "docker image prune --force --filter until=86399s --filter label!=keep",
    "docker builder prune --force --filter until=60s",
    "systemctl restart -- sshd.service",
    "systemctl reset-failed -- sshd.service",
    "nginx -t",
    "systemctl restart -- nginxXservice",
    "systemctl restart -- xnginx.service",
    "systemctl restart -- nginx.serviced",
    f"{LINES} --lines=20 --unit=nginx.service",
    "systemctl reload nginx.service",
    "find /data/old-2 -mtime +7 -delete",
]
"""Refused by the shipped file, whose playbooks name their values."""
REFUSED = [
    "dumpe2fs /dev/sda1",
    f"{GROWPART} /dev/sda 1 --update=off",
    f"{GROWPART} --fudge 0 /dev/sda 1",
    f"{GROWPART} /dev/sda 0",
    f"{GROWPART} /dev/sda1 1",
    "lvextend -l +100%FREE vg/var /dev/sdb",
    "lvextend -L +1G vg/var",
    "lvextend -l +100%FREE --config x/y",
    "lvextend -l +100%FREE ../var",
    "lvextend -l +100%FREE vg/..",
    "lvreduce -l 1 vg/var",
    "resize2fs /dev/sda1 1G",
    "resize2fs -M /dev/sda1",
    "xfs_growfs -d -D 1 /srv",
    "lvs --config devices{dir=/x} /dev/sda2",
    f"{LVS} -o all /dev/sda2",
    "sh -c id",
    "journalctl --vacuum-size=500M",
    "journalctl --rotate --vacuum-size=500M --directory=/etc",
    "journalctl --rotate --vacuum-size=1M --vacuum-size=2M --vacuum-size=3M",
    "docker image prune --force",
    "docker image prune --force --all --filter until=72h",
    "docker volume prune --force --filter until=72h",
    "docker system prune --force --filter until=72h",
    "docker image prune --force --filter until=72h --filter label!=a --all",
    "docker run --privileged -v /:/host busybox",
    "systemctl restart -- nginx.service sshd.service",
    "systemctl restart -- nginx_service",
    "systemctl restart nginx.service",
    f"{LINES} --lines=20 --file=/etc/shadow",
    f"{LINES} --lines=0",
    "timeout -k 2 21 du -x -k -d 3 -- /var --files0-from=/etc/shadow",
    "timeout -k 2 21 du -x -k -d 3 --files0-from=/etc/shadow",
    "timeout -k 2 0 du -x -k -d 3 -- /var",
    "timeout -k 2 21 sh -c id",
]
