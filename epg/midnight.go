package epg

import "time"

// midnight is the first instant of t's day in the zone, in UTC.
func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, zone).UTC()
	if start.After(t) {
		// Where summer time begins at midnight there is no 00:00, and Go may name an hour after t.
		return t.UTC().Truncate(time.Second)
	}
	return start
}

// nextMidnight is the first instant of the day after t's in the zone, in UTC; it is always after t.
func nextMidnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	for days := 1; ; days++ {
		if next := time.Date(y, m, d+days, 0, 0, 0, 0, zone).UTC(); next.After(t) {
			return next
		}
	}
}

// Day is the local day of a date in the zone: its first instant and the first of the next, in UTC.
func Day(year int, month time.Month, day int, zone *time.Location) (from, to time.Time) {
	noon := time.Date(year, month, day, 12, 0, 0, 0, zone)
	return midnight(noon, zone), nextMidnight(noon, zone)
}
