//! What Linux says, and the limits of the control groups that this process is in.

use std::fs::read_to_string;
use std::path::{Component, Path, PathBuf};

/// The files of a control group, in one of the two versions.
struct Group {
    /// Type of its file system.
    kind: &'static str,
    /// Where the process takes more, it is slowed down or ended.
    limits: &'static [&'static str],
    usage: &'static str,
    /// Lines of `memory.stat`: the page cache counts as used, and is given back when it is needed.
    cache: [&'static str; 2],
}

const GROUPS: [Group; 2] = [
    Group {
        kind: "cgroup2",
        limits: &["memory.max", "memory.high"],
        usage: "memory.current",
        cache: ["active_file", "inactive_file"],
    },
    Group {
        kind: "cgroup",
        limits: &["memory.limit_in_bytes"],
        usage: "memory.usage_in_bytes",
        cache: ["total_active_file", "total_inactive_file"],
    },
];

/// `root` is the root of the file system.
pub(super) fn available(root: &Path) -> Option<u64> {
    let system =
        number_behind(&root.join("proc/meminfo"), "MemAvailable:").map(|kib| kib.saturating_mul(1024));
    GROUPS.iter().filter_map(|group| group.room(root)).chain(system).min()
}

impl Group {
    /// What the process's group and those around it leave; `None` where none of them limits it.
    fn room(&self, root: &Path) -> Option<u64> {
        let (mount, inner) = self.mount(root)?;
        let own = read_to_string(root.join("proc/self/cgroup")).ok()?;
        let path = own.lines().find_map(|line| self.path(line))?;
        // Outside of what is mounted here, as in a container, the mounted part is the process's own.
        let path = Path::new(path).strip_prefix(inner).unwrap_or(Path::new(""));
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        let folder = if inside { mount.join(path) } else { mount.clone() };
        let around = folder.ancestors().take_while(|folder| folder.starts_with(&mount));
        around.filter_map(|folder| self.room_in(folder)).min()
    }

    /// Where these groups are mounted, and which of them is the topmost that can be seen.
    fn mount(&self, root: &Path) -> Option<(PathBuf, PathBuf)> {
        let mounts = read_to_string(root.join("proc/self/mountinfo")).ok()?;
        mounts.lines().find_map(|line| {
            let (mount, system) = line.split_once(" - ")?;
            let (mut mount, mut system) = (mount.split(' ').skip(3), system.split(' '));
            let (inner, point) = (mount.next()?, mount.next()?);
            let (kind, options) = (system.next()?, system.nth(1)?);
            let right = kind == self.kind && (self.is_unified() || has(options, "memory"));
            right.then(|| (root.join(point.trim_start_matches('/')), inner.into()))
        })
    }

    /// The path in a line of `/proc/self/cgroup`: number, controllers, path.
    fn path<'a>(&self, line: &'a str) -> Option<&'a str> {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let right = if self.is_unified() { controllers.is_empty() } else { has(controllers, "memory") };
        right.then_some(path)
    }

    fn is_unified(&self) -> bool {
        self.kind == "cgroup2"
    }

    fn room_in(&self, folder: &Path) -> Option<u64> {
        let number = |name: &str| read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
        let limit = self.limits.iter().filter_map(|name| number(name)).min()?;
        let cache = self.cache.iter().filter_map(|name| number_behind(&folder.join("memory.stat"), name));
        Some(limit.saturating_sub(number(self.usage)?.saturating_sub(cache.sum())))
    }
}

/// True where a list with commas has this entry.
fn has(list: &str, entry: &str) -> bool {
    list.split(',').any(|other| other == entry)
}

/// The number behind `name` in a file of lines.
fn number_behind(path: &Path, name: &str) -> Option<u64> {
    let text = read_to_string(path).ok()?;
    let mut fields = text.lines().map(str::split_ascii_whitespace);
    fields.find_map(|mut line| (line.next() == Some(name)).then(|| line.next()?.parse().ok())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// A root of a file system with these files.
    fn root(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("llama-host-memory-{}-{name}", std::process::id()));
        let meminfo = "MemTotal:    9000000 kB\nMemFree:    10 kB\nMemAvailable:    4096 kB\n";
        for (path, text) in files.iter().chain(&[("proc/meminfo", meminfo)]) {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn found(name: &str, files: &[(&str, &str)]) -> Option<u64> {
        let root = root(name, files);
        let found = available(&root);
        std::fs::remove_dir_all(root).unwrap();
        found
    }

    const UNIFIED: (&str, &str) = (
        "proc/self/mountinfo",
        "22 1 0:20 / /proc rw - proc proc rw\n30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
    );

    #[test]
    fn the_system_is_asked() {
        assert_eq!(found("plain", &[]), Some(4 * MIB));
        assert_eq!(available(Path::new("/no/such/folder")), None);
    }

    #[test]
    fn the_narrowest_group_decides() {
        let own = ("proc/self/cgroup", "0::/outer/inner\n");
        let groups = |outer, inner| {
            [
                UNIFIED,
                own,
                ("sys/fs/cgroup/memory.stat", "active_file 1\n"),
                ("sys/fs/cgroup/outer/memory.max", outer),
                ("sys/fs/cgroup/outer/memory.current", "2097152\n"),
                ("sys/fs/cgroup/outer/inner/memory.max", inner),
                ("sys/fs/cgroup/outer/inner/memory.current", "1048576\n"),
            ]
        };
        assert_eq!(found("none", &groups("max\n", "max\n")), Some(4 * MIB));
        assert_eq!(found("inner", &groups("max\n", "3145728\n")), Some(2 * MIB));
        assert_eq!(found("outer", &groups("3145728\n", "3145728\n")), Some(MIB));
        assert_eq!(found("full", &groups("1048576\n", "max\n")), Some(0));
    }

    #[test]
    fn the_page_cache_of_a_group_is_not_taken() {
        let files = [
            UNIFIED,
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/memory.high", "3145728\n"),
            ("sys/fs/cgroup/memory.max", "max\n"),
            ("sys/fs/cgroup/memory.current", "3145728\n"),
            ("sys/fs/cgroup/memory.stat", "anon 5\ninactive_file 1048576\nactive_file 1048576\n"),
        ];
        assert_eq!(found("cache", &files), Some(2 * MIB));
    }

    #[test]
    fn groups_of_the_first_version() {
        let mounts = "30 22 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
             31 22 0:27 /docker/a /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let limited = |own| {
            [
                ("proc/self/mountinfo", mounts),
                ("proc/self/cgroup", own),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "3145728\n"),
                ("sys/fs/cgroup/memory/memory.usage_in_bytes", "2097152\n"),
                ("sys/fs/cgroup/memory/memory.stat", "active_file 7\ntotal_active_file 1048576\n"),
                ("sys/fs/cgroup/memory/b/memory.limit_in_bytes", "9223372036854771712\n"),
                ("sys/fs/cgroup/memory/b/memory.usage_in_bytes", "2097152\n"),
            ]
        };
        for (name, own) in [("b", "2:memory:/docker/a/b\n1:cpu,cpuacct:/x\n"), ("up", "2:memory:/../x\n")] {
            assert_eq!(found(name, &limited(own)), Some(2 * MIB), "{own}");
        }
    }

    #[test]
    fn this_machine_answers() {
        let bytes = available(Path::new("/")).expect("Linux tells");
        assert!(bytes > 0);
    }
}
