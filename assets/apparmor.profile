# What a container may not do whatever else it may, on hosts with AppArmor. Loaded as minic-default; --apparmor names another profile.
# It repeats what capabilities, seccomp, masked paths and read-only mounts forbid already: a mistake in one of those opens nothing here.
profile minic-default flags=(attach_disconnected,mediate_deleted) {
  file,
  network,
  capability,
  umount,

  # from its supervisor and whoever else is root outside; to and from its own
  signal (receive) peer=unconfined,
  signal (send, receive) peer=minic-default,
  ptrace (trace, read, tracedby, readby) peer=minic-default,
  unix,

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
