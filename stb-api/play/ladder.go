package play

// Renditions are the names of the further sizes that the channel's newest segment has.
func (c *Channel) Renditions() []string {
	names := []string{}
	if !c.ready() {
		return names
	}
	if last := c.Timeline.Tail().Last(); last != nil {
		for i := range last.Also {
			if !last.Also[i].Lost() {
				names = append(names, last.Also[i].Name)
			}
		}
	}
	return names
}
