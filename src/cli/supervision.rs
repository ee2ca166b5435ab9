//! What `run` and `create` take of the container's supervision: restarts, stops, health, logs, labels.

use clap::Args;

use crate::spec::{Preset, RestartPolicy, SpecError};

/// The container's supervision.
#[derive(Debug, Args)]
#[command(next_help_heading = "Supervision")]
pub(super) struct Supervision {
    /// Start it again when it ends: no, on-failure, on-failure:N or always
    #[arg(long, value_name = "POLICY", value_parser = restart)]
    restart: Option<RestartPolicy>,

    /// The signal that asks it to stop, TERM by default
    #[arg(long, value_name = "SIGNAL")]
    stop_signal: Option<String>,

    /// A shell line run inside now and then; exit code 0 is healthy
    #[arg(long = "health-cmd", value_name = "LINE")]
    health_command: Option<String>,

    /// Time between two health checks, 30s by default
    #[arg(long, value_name = "TIME", requires = "health_command")]
    health_interval: Option<String>,

    /// Failures in a row that make it unhealthy, 3 by default
    #[arg(long, value_name = "COUNT", requires = "health_command")]
    health_retries: Option<String>,

    /// Rotate its log at this size, 10M by default
    #[arg(long, value_name = "SIZE")]
    log_size: Option<String>,

    /// Log files kept, 3 by default
    #[arg(long, value_name = "COUNT")]
    log_files: Option<String>,

    /// Attach a label
    #[arg(short, long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,

    /// How soon the kernel kills it for want of memory: -1000 (last) to 1000 (first)
    #[arg(long, value_name = "SCORE", allow_hyphen_values = true)]
    oom_score_adj: Option<String>,

    /// Nice value of its processes: -20 (first) to 19 (last)
    #[arg(long, value_name = "NICE", allow_hyphen_values = true)]
    nice: Option<String>,
}

fn restart(text: &str) -> Result<RestartPolicy, String> {
    text.parse().map_err(|error: SpecError| error.reason)
}

impl Supervision {
    /// Puts what was asked into `request`.
    pub fn put_into(self, request: &mut Preset) {
        request.restart = self.restart;
        request.stop_signal = self.stop_signal;
        request.health_command = self.health_command;
        request.health_interval = self.health_interval;
        request.health_retries = self.health_retries;
        request.log_size = self.log_size;
        request.log_files = self.log_files;
        request.labels = self.labels;
        request.oom_score_adj = self.oom_score_adj;
        request.nice = self.nice;
    }
}
