package media

// ChannelsOf counts the channels of an audio codec, low frequencies included; 0 where its parameters do not tell.
func ChannelsOf(c Codec) int {
	switch c := c.(type) {
	case *AAC:
		conf, err := c.Parse()
		if err != nil {
			return 0
		}
		if conf.ChannelConfig == 7 {
			return 8 // ISO 14496-3 table 1.19: 7.1, the one that is not its own number.
		}
		return int(conf.ChannelConfig)
	case *Opus:
		return c.Channels
	case *MP2:
		return c.Channels
	case *AC3:
		return c.Channels()
	case *EAC3:
		return c.Channels()
	}
	return 0
}
