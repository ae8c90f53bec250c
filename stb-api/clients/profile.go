package clients

import "strings"

// Profile is a player's dialect of M3U. The same placeholder means different instants in different players
// ({utc:YmdHMS} is local time in Kodi and UTC elsewhere), so each gets the form that it reads rightly.
type Profile string

// The profiles.
const (
	// CN is for Chinese players, which fill in local time.
	CN Profile = "cn"
	// Kodi is for Kodi's IPTV Simple, which plays HLS best through ffmpegdirect.
	Kodi Profile = "kodi"
	// TiviMate is for players that fill in seconds since the epoch.
	TiviMate Profile = "tivimate"
	// Plain has names and addresses alone.
	Plain Profile = "plain"
)

// profileOf is the profile asked for, or the one that the player's name suggests.
func profileOf(asked, userAgent string) (Profile, bool) {
	switch p := Profile(asked); p {
	case CN, Kodi, TiviMate, Plain:
		return p, true
	case "":
		if strings.HasPrefix(strings.ToLower(userAgent), "kodi") {
			return Kodi, true
		}
		return CN, true
	default:
		return "", false
	}
}

// catchupQuery is what a player adds to the live address to play the past, without the ? or & before it.
func (p Profile) catchupQuery() string {
	if p == CN {
		return "playseek=${(b)yyyyMMddHHmmss}-${(e)yyyyMMddHHmmss}"
	}
	return "utc={utc}&utcend={utcend}"
}
