package object

// Abandon leaves a spool as SIGKILL would: nothing is flushed, and the kernel lets go of the folder.
func (s *Spool) Abandon() {
	s.mutex.Lock()
	s.closed = true
	s.mutex.Unlock()
	s.cancel()
	<-s.done
	_ = s.lock.Close()
}
