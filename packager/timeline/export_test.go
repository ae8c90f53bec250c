package timeline

// Abandon leaves a timeline as SIGKILL would: nothing is flushed, the kernel lets go of the journal.
func (t *Timeline) Abandon() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop()
	_ = t.journal.close()
	t.journal = nil
}
