//! How much memory this process may still use: what the machine has free, or less in a container.
//!
//! Linux, "Control Group v2" and "Memory Resource Controller" (the first version).

use std::fs::read_to_string;
use std::path::Path;

/// Where a version of control groups keeps the limit of a group, its use, and how much of that are
/// caches of files.
struct Version {
    mount: &'static str,
    limit: &'static str,
    used: &'static str,
    caches: [&'static str; 2],
}

const FIRST: Version = Version {
    mount: "sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    caches: ["total_active_file", "total_inactive_file"],
};
const SECOND: Version = Version {
    mount: "sys/fs/cgroup",
    limit: "memory.max",
    used: "memory.current",
    caches: ["active_file", "inactive_file"],
};

/// Memory available without swapping, where Linux reports it: that of the caches of files, a mapped
/// copy among them, is counted. It matters because a file may be sparse and claim any size.
pub fn free_memory() -> Option<u64> {
    free_below(Path::new("/"))
}

/// The same for the system whose files are below `root`.
fn free_below(root: &Path) -> Option<u64> {
    let machine = value(&root.join("proc/meminfo"), "MemAvailable:")? << 10;
    let groups = read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let version = match controllers {
            "" => SECOND,
            _ if controllers.split(',').any(|name| name == "memory") => FIRST,
            _ => return None,
        };
        let mount = root.join(version.mount);
        let folder = mount.join(path.trim_start_matches('/'));
        // A container sees its own group as the first one, whatever its path is outside.
        let ancestors = folder.ancestors().take_while(|at| at.starts_with(&mount));
        ancestors.filter_map(|at| version.free(at)).min()
    });
    Some(limits.fold(machine, u64::min))
}

impl Version {
    /// Bytes that a group may still use; `None` where it has no limit.
    fn free(&self, group: &Path) -> Option<u64> {
        let number = |name: &str| read_to_string(group.join(name)).ok()?.trim().parse().ok();
        let (limit, used): (u64, u64) = (number(self.limit)?, number(self.used)?);
        let stat = group.join("memory.stat");
        let caches = self.caches.map(|key| value(&stat, key).unwrap_or(0));
        let kept = used.saturating_sub(caches.iter().sum());
        Some(limit.saturating_sub(kept))
    }
}

/// The number after a key at the start of a line.
fn value(file: &Path, key: &str) -> Option<u64> {
    let text = read_to_string(file).ok()?;
    let mut lines = text.lines().map(str::split_whitespace);
    lines.find_map(|mut words| (words.next()? == key).then(|| words.next()?.parse().ok())?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Kilobytes that are free in a system with 800 and these files.
    fn free_with(files: &[(&str, &str)]) -> u64 {
        let root = tempfile::tempdir().unwrap();
        let memory = ("proc/meminfo", "MemTotal: 999 kB\nMemAvailable: 800 kB\n");
        for (path, text) in files.iter().chain([&memory]) {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        free_below(root.path()).unwrap() >> 10
    }

    #[test]
    fn a_container_has_as_much_as_its_limit_leaves() {
        assert_eq!(free_with(&[]), 800);
        let second = [
            ("proc/self/cgroup", "0::/box/inner\n"),
            ("sys/fs/cgroup/box/inner/memory.max", "max\n"),
            ("sys/fs/cgroup/box/inner/memory.current", "0\n"),
            ("sys/fs/cgroup/box/memory.max", "409600\n"),
            ("sys/fs/cgroup/box/memory.current", "307200\n"),
            (
                "sys/fs/cgroup/box/memory.stat",
                "anon 1\nactive_file 102400\ninactive_file 51200\n",
            ),
        ];
        assert_eq!(free_with(&second), 400 - 300 + 150);
        let first = [
            ("proc/self/cgroup", "5:cpu:/\n4:hugetlb,memory:/docker/1\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "204800\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "102400\n"),
        ];
        assert_eq!(free_with(&first), 100);
        let roomy = [
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/memory.max", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory.current", "0\n"),
        ];
        assert_eq!(free_with(&roomy), 800);
    }
}
