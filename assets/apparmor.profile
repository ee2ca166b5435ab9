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

  deny /proc/sys/** wl,
  deny /proc/sysrq-trigger rwkl,
  deny /proc/kcore rwkl,
  deny /proc/kmem rwkl,
  deny /proc/mem rwkl,
  deny /sys/** wl,
  deny /sys/firmware/** rwkl,
  deny /sys/kernel/security/** rwkl,
  deny /sys/kernel/debug/** rwkl,
  deny /sys/devices/virtual/powercap/** rwkl,
}
