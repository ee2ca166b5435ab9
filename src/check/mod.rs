//! What this host can do for containers.
//!
//! [`host_facts`] only reads; [`host_report`] also runs experiments, all undone before it returns.
//! Neither needs a state folder. The measured proofs are in `proof/`.

mod capabilities;
mod control_groups;
mod finding;
mod isolation;
mod kernel;
mod shared_limits;
mod storage;
mod user_namespace;

pub use finding::{Finding, Verdict};

use std::path::Path;

use user_namespace::UserNamespace;

/// The findings that need no experiment, with `state` as the state folder: nothing is written and
/// no process is forked.
#[must_use]
pub fn host_facts(state: &Path) -> Vec<Finding> {
    let mut findings = vec![
        kernel::version(),
        capabilities::held(),
        isolation::namespaces(),
        isolation::seccomp(),
        isolation::security_modules(),
    ];
    findings.extend(control_groups::facts());
    findings.push(storage::fact(state));
    findings
}

/// All findings, with `state` as the state folder (it need not exist). Call it as root and from a
/// process with one thread: clone3(2) and user namespaces are tried by forking.
#[must_use]
pub fn host_report(state: &Path) -> Vec<Finding> {
    let users = UserNamespace::make();
    let mut findings = vec![kernel::version()];
    findings.extend(kernel::system_calls());
    findings.push(capabilities::held());
    findings.push(isolation::namespaces());
    findings.push(user_namespace::finding(&users));
    findings.push(shared_limits::finding());
    findings.push(isolation::seccomp());
    findings.push(isolation::security_modules());
    findings.extend(control_groups::findings());
    findings.extend(storage::findings(state, users.as_ref().ok()));
    findings
}
