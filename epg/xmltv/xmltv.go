// Package xmltv is the guide in the XMLTV format, as stock players and set-top boxes read it, and a bounded
// reader of other people's guides.
package xmltv

import "time"

// Channel is a channel element.
type Channel struct {
	// ID is ASCII with a dot, like edu1.podium.tv; tv_validate_file refuses others.
	ID string
	// Names are the display names. Chinese players show and match the first one, so it is the channel's name;
	// the channel's number may follow.
	Names []string
	// Icon is the URL of the logo; empty for none.
	Icon string
}

// Programme is a programme element.
type Programme struct {
	// Channel is the id of a Channel.
	Channel     string
	Start, Stop time.Time
	Title       string
	Subtitle    string
	Description string
	Lecturer    string
	// Category is in Chinese, Genre the English word that players map to DVB's genres.
	Category, Genre string
	// Repeat says that it was shown before.
	Repeat bool
}

// Education is the genre that tvheadend and Kodi take for DVB's 0x90, "Education / Science / Factual".
const Education = "Education"

const layout = "20060102150405 -0700"
