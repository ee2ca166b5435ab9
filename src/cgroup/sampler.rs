//! [`CgroupSampler`]: reads one container's figures through files it keeps open.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;

use super::apply::Cgroup;
use super::{Controller, Io, Missing, Pressure, Sample, Version, parse};

/// One figure's file, and on which interface it is read.
type Source = Option<(Version, File)>;

/// Reads one container's figures: one pread a file a tick, nothing opened, nothing allocated.
#[derive(Debug, Default)]
pub(crate) struct CgroupSampler {
    cpu_usage: Source,
    cpu_stat: Source,
    memory: Source,
    memory_peak: Source,
    swap: Source,
    oom: Source,
    pids: Source,
    io: Source,
    psi: [Option<File>; 3],
    missing: Vec<Missing>,
    slow: Slow,
}

/// What the last full reading said of what moves slowly.
#[derive(Debug, Default)]
struct Slow {
    memory_peak: Option<u64>,
    oom_kills: Option<u64>,
    psi: Option<Pressure>,
}

impl CgroupSampler {
    /// Opens what there is of `cgroup`; what is not there is told by [`CgroupSampler::missing`].
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when the cgroup does not exist; what open(2) says when no file
    /// may be opened any more.
    pub(crate) fn open(cgroup: &Cgroup) -> io::Result<Self> {
        if !cgroup.exists() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut sampler = Self::default();
        let open = |controller, v1, v2| source(cgroup, controller, v1, v2);
        sampler.cpu_stat = open(Controller::Cpu, "cpu.stat", "cpu.stat")?;
        if !matches!(sampler.cpu_stat, Some((Version::V2, _))) {
            sampler.cpu_usage = open(Controller::Cpuacct, "cpuacct.usage", "cpu.stat")?;
        }
        sampler.memory = open(
            Controller::Memory,
            "memory.usage_in_bytes",
            "memory.current",
        )?;
        sampler.memory_peak = open(
            Controller::Memory,
            "memory.max_usage_in_bytes",
            "memory.peak",
        )?;
        sampler.swap = open(
            Controller::Memory,
            "memory.memsw.usage_in_bytes",
            "memory.swap.current",
        )?;
        sampler.oom = open(Controller::Memory, "memory.oom_control", "memory.events")?;
        sampler.pids = open(Controller::Pids, "pids.current", "pids.current")?;
        sampler.io = open(
            Controller::Io,
            "blkio.throttle.io_service_bytes_recursive",
            "io.stat",
        )?;
        if let Some(folder) = cgroup.v2() {
            for (slot, file) in
                sampler
                    .psi
                    .iter_mut()
                    .zip(["cpu.pressure", "memory.pressure", "io.pressure"])
            {
                *slot = present(File::open(folder.path.join(file)))?;
            }
        }
        let first = sampler
            .read(&mut Vec::new())
            .ok_or(io::ErrorKind::NotFound)?;
        sampler.missing = sampler.find_missing(cgroup, &first);
        Ok(sampler)
    }

    /// The figures now, or `None` when the cgroup was removed. `buffer` is scratch space shared
    /// between samplers.
    #[must_use]
    pub(crate) fn read(&mut self, buffer: &mut Vec<u8>) -> Option<Sample> {
        let sample = self.read_files(buffer, true)?;
        self.slow = Slow {
            memory_peak: sample.memory_peak,
            oom_kills: sample.oom_kills,
            psi: sample.psi,
        };
        Some(sample)
    }

    /// As [`CgroupSampler::read`], without the files whose figures move slowly: peak, OOM kills and
    /// pressure (an average over 10 s) are what the last full reading said. That is half the price.
    #[must_use]
    pub(crate) fn read_briefly(&mut self, buffer: &mut Vec<u8>) -> Option<Sample> {
        let sample = self.read_files(buffer, false)?;
        let memory_peak = self
            .slow
            .memory_peak
            .map(|peak| peak.max(sample.memory.unwrap_or(0)));
        Some(Sample {
            memory_peak,
            oom_kills: self.slow.oom_kills,
            psi: self.slow.psi,
            ..sample
        })
    }

    fn read_files(&self, buffer: &mut Vec<u8>, all: bool) -> Option<Sample> {
        let mut reader = Reader {
            buffer,
            gone: false,
        };
        let mut sample = Sample {
            cpu_usec: reader.get(&self.cpu_usage, |v, bytes| match v {
                Version::V1 => parse::number(bytes).map(|ns| ns / 1000),
                Version::V2 => parse::field(bytes, "usage_usec"),
            }),
            ..Sample::default()
        };
        if let Some((version, file)) = &self.cpu_stat
            && let Some(bytes) = reader.fill(file)
        {
            if *version == Version::V2 {
                sample.cpu_usec = parse::field(bytes, "usage_usec");
            }
            sample.nr_periods = parse::field(bytes, "nr_periods");
            sample.nr_throttled = parse::field(bytes, "nr_throttled");
            sample.throttled_usec =
                parse::field(bytes, "throttled_usec")
                    .or(parse::field(bytes, "throttled_time").map(|ns| ns / 1000));
        }
        sample.memory = reader.get(&self.memory, |_, bytes| parse::number(bytes));
        let memory = sample.memory;
        sample.swap = reader.get(&self.swap, |v, bytes| match v {
            // v1 counts memory and swap together
            Version::V1 => Some(parse::number(bytes)?.saturating_sub(memory?)),
            Version::V2 => parse::number(bytes),
        });
        sample.pids = reader.get(&self.pids, |_, bytes| parse::number(bytes));
        sample.io = reader.get::<Io>(&self.io, |v, bytes| match v {
            Version::V1 => Some(parse::io_v1(bytes)),
            Version::V2 => Some(parse::io_v2(bytes)),
        });
        if !all {
            return (!reader.gone).then_some(sample);
        }
        sample.memory_peak = reader.get(&self.memory_peak, |_, bytes| parse::number(bytes));
        sample.oom_kills = reader.get(&self.oom, |_, bytes| parse::field(bytes, "oom_kill"));
        let [cpu, memory, io] = &self.psi;
        let mut some =
            |file: &Option<File>| reader.fill(file.as_ref()?).and_then(parse::some_avg10);
        let psi = Pressure {
            cpu: some(cpu),
            memory: some(memory),
            io: some(io),
        };
        sample.psi = (psi != Pressure::default()).then_some(psi);
        (!reader.gone).then_some(sample)
    }

    /// The figures that cannot be had of this cgroup, and why.
    #[must_use]
    pub(crate) fn missing(&self) -> &[Missing] {
        &self.missing
    }

    fn find_missing(&self, cgroup: &Cgroup, first: &Sample) -> Vec<Missing> {
        let mut missing = Vec::new();
        let mut lacks = |had: bool, figure, controller: Controller, reason: &str| {
            if had {
                return;
            }
            let on = cgroup
                .folders
                .iter()
                .find(|f| f.controllers.contains(&controller));
            let reason = match on {
                None if !controller.is_core_of_v2() => {
                    format!("this host has no writable {} controller", controller.word())
                }
                Some(folder) if folder.version == Version::V2 && !folder.passes(controller) => {
                    format!(
                        "the {} controller was not passed on to {}",
                        controller.word(),
                        folder.path.display()
                    )
                }
                _ => reason.to_owned(),
            };
            missing.push(Missing { figure, reason });
        };
        let uncounted = "this kernel does not count it";
        lacks(
            first.cpu_usec.is_some(),
            "cpu",
            Controller::Cpuacct,
            uncounted,
        );
        let no_bandwidth =
            "this kernel was built without CPU bandwidth control (CONFIG_CFS_BANDWIDTH)";
        lacks(
            first.nr_periods.is_some(),
            "throttling",
            Controller::Cpu,
            no_bandwidth,
        );
        lacks(
            first.memory.is_some(),
            "memory",
            Controller::Memory,
            uncounted,
        );
        lacks(
            first.memory_peak.is_some(),
            "memory peak",
            Controller::Memory,
            "memory.peak needs Linux 5.19",
        );
        let no_swap = "swap is not accounted: boot with swapaccount=1";
        lacks(first.swap.is_some(), "swap", Controller::Memory, no_swap);
        lacks(
            first.oom_kills.is_some(),
            "oom kills",
            Controller::Memory,
            "memory.oom_control counts them since Linux 4.13",
        );
        lacks(first.pids.is_some(), "pids", Controller::Pids, uncounted);
        lacks(
            first.io.is_some(),
            "io",
            Controller::Io,
            "this kernel does not count block device traffic",
        );
        if first.psi.is_none() {
            let reason = self.no_psi(cgroup);
            missing.push(Missing {
                figure: "psi",
                reason,
            });
        }
        missing
    }

    /// A kernel with PSI off has no pressure files, or refuses to read them with EOPNOTSUPP.
    fn no_psi(&self, cgroup: &Cgroup) -> String {
        let Some(folder) = cgroup.v2() else {
            return "pressure is told by cgroup v2 only: mount it beside v1 (mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified)".into();
        };
        let refused = self
            .psi
            .iter()
            .flatten()
            .find_map(|file| file.read_at(&mut [0; 64], 0).err());
        match refused {
            Some(e) if e.raw_os_error() != Some(Errno::EOPNOTSUPP as i32) => {
                format!("{}: {e}", folder.path.display())
            }
            _ => "PSI is off: boot with psi=1, and leave cgroup.pressure at 1".into(),
        }
    }
}

/// The file of whichever tree has it. Only the v2 files of a controller that was passed on exist.
fn source(cgroup: &Cgroup, controller: Controller, v1: &str, v2: &str) -> io::Result<Source> {
    let Some((version, path)) = cgroup.file(controller, v1, v2) else {
        return Ok(None);
    };
    Ok(present(File::open(path))?.map(|file| (version, file)))
}

/// A file that is not there or not allowed is a gap; that no more files can be opened is an error.
fn present(opened: io::Result<File>) -> io::Result<Option<File>> {
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(e) if matches!(e.raw_os_error(), Some(raw) if raw == Errno::EMFILE as i32 || raw == Errno::ENFILE as i32) => {
            Err(e)
        }
        Err(_) => Ok(None),
    }
}

struct Reader<'a> {
    buffer: &'a mut Vec<u8>,
    gone: bool,
}

impl Reader<'_> {
    fn get<T>(
        &mut self,
        source: &Source,
        parse: impl FnOnce(Version, &[u8]) -> Option<T>,
    ) -> Option<T> {
        let (version, file) = source.as_ref()?;
        self.fill(file).and_then(|bytes| parse(*version, bytes))
    }

    /// A cgroup file is read whole by one pread that has room for it: it is made anew at offset 0.
    fn fill(&mut self, file: &File) -> Option<&[u8]> {
        const FIRST_ROOM: usize = 4096;
        if self.buffer.len() < FIRST_ROOM {
            self.buffer.resize(FIRST_ROOM, 0);
        }
        loop {
            match file.read_at(self.buffer, 0) {
                Ok(n) if n == self.buffer.len() => self.buffer.resize(n * 2, 0),
                Ok(n) => return Some(&self.buffer[..n]),
                Err(e) => {
                    // what the kernel says of a removed cgroup whose file is still open
                    self.gone |= e.raw_os_error() == Some(Errno::ENODEV as i32);
                    return None;
                }
            }
        }
    }
}
