# What a container may not do whatever else it may, on hosts with AppArmor. Loaded as minic-default; --apparmor names another profile.
# It repeats what capabilities, seccomp, masked paths and read-only mounts forbid already: a mistake in one of those opens nothing here.
profile minic-default flags=(attach_disconnected,mediate_deleted) {
  file,
  # the families that seccomp lets through, for what seccomp does not see (socketcall(2) of another ABI)
  network unix,
  network inet,
  network inet6,
  network netlink,
  network packet,
  capability,
  umount,

  # from its supervisor and whoever else is root outside; to and from its own
  signal (receive) peer=unconfined,
  signal (send, receive) peer=minic-default,
  ptrace (trace, read, tracedby, readby) peer=minic-default,
  unix,

  # also where another rule would let it: the kernel's cryptography (CVE-2026-31431), and the hypervisor
  deny network alg,
  deny network vsock,

  deny mount,
  deny remount,
  deny pivot_root,

  # what lies in /proc beside the processes
  deny /proc/* w,
  deny /proc/{acpi,asound,bus,driver,dynamic_debug,fs,irq,scsi,sys,sysvipc,tty}/** wkl,
  deny /proc/{kcore,kmem,mem,sysrq-trigger} rwklx,
  deny /sys/** wklx,
  deny /sys/{firmware,kernel/debug,kernel/security,devices/virtual/powercap}/** rwklx,
}
