package station

import (
	"context"
	"fmt"
	"time"

	"podium.tv/podium/config"
	"podium.tv/podium/storage/catalogue"
)

// publishChannels writes the configured channels into the catalogue, so that guide and menu know them, and hides
// those that are no longer configured; what editors scheduled for them stays.
func (s *Station) publishChannels(ctx context.Context) error {
	known, err := s.db.Channels(ctx)
	if err != nil {
		return err
	}
	c := s.config()
	all, err := retired(c, known)
	if err != nil {
		return err
	}
	for i, ch := range c.Channels {
		all = append(all, catalogue.Channel{
			ID: string(ch.ID), Number: ch.Number, Name: ch.Name, Group: ch.Group, Logo: ch.Logo, XMLTV: ch.XMLTVID,
			Feed: string(ch.Feed), ArchiveHours: int(ch.Archive.Std() / time.Hour), Position: i, Enabled: true,
		})
	}
	return s.db.PutChannels(ctx, all...)
}

// highestNumber is the highest number a channel may have.
const highestNumber = 9999

// retired are the channels that are known and no longer configured, disabled. One whose number another channel has now
// gets the highest that is free: the catalogue gives no number twice.
func retired(c *config.Config, known []catalogue.Channel) ([]catalogue.Channel, error) {
	configured, taken := map[int]bool{}, map[int]bool{}
	for _, ch := range c.Channels {
		configured[ch.Number] = true
	}
	for i := range known {
		taken[known[i].Number] = true
	}
	all := make([]catalogue.Channel, 0, len(known)+len(c.Channels))
	free := highestNumber
	for _, old := range known {
		if c.Channel(config.ID(old.ID)) != nil {
			continue
		}
		old.Enabled = false
		if configured[old.Number] {
			for configured[free] || taken[free] {
				free--
			}
			if free < 1 {
				return nil, fmt.Errorf("no number of 1 to %d is free for channel %s, which is no longer configured", highestNumber, old.ID)
			}
			old.Number = free
			taken[free] = true
		}
		all = append(all, old)
	}
	return all, nil
}
