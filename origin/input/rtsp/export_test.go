package rtsp

// Waits says whether a feed's input waits for its publisher, or reads it.
func (s *Server) Waits(feed string) bool {
	s.registry.mutex.Lock()
	defer s.registry.mutex.Unlock()
	return s.registry.waiting[feed] != nil
}
