package vod

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel end a program when this one is killed, so that it does not go on writing into a work
// folder that the next run works in.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
