package eyes

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel end a program when this one is killed.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// The bounds of one look. What ffmpeg maps and does not touch counts as memory, and it maps a lot.
const (
	politeness  = 19
	mostSeconds = 10
	mostMemory  = 2 << 30
)

// restrain lets a program work only when nothing else wants to, and bounds its processor time and memory. It is done as soon as the
// program runs, and ends with it.
func restrain(pid int) {
	_ = unix.Setpriority(unix.PRIO_PROCESS, pid, politeness)
	_ = unix.Prlimit(pid, unix.RLIMIT_CPU, &unix.Rlimit{Cur: mostSeconds, Max: mostSeconds}, nil)
	_ = unix.Prlimit(pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: mostMemory, Max: mostMemory}, nil)
}
