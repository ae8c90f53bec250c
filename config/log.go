package config

import "log/slog"

// LogFormat is how log lines are written.
type LogFormat string

// The formats of the log.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

func (*LogFormat) expected() string { return anyOf(string(LogText), string(LogJSON)) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *LogFormat) UnmarshalText(text []byte) error { return choose(f, f, text, LogText, LogJSON) }

// LogLevel is the least important line that is written: debug, info, warn or error.
type LogLevel string

// Level is the level as slog's type.
func (l LogLevel) Level() slog.Level {
	switch l {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

func (*LogLevel) expected() string { return anyOf("debug", "info", "warn", "error") }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *LogLevel) UnmarshalText(text []byte) error {
	return choose(l, l, text, "debug", "info", "warn", "error")
}

// Log is what Podium tells its operator.
type Log struct {
	Format LogFormat `yaml:"format"`
	Level  LogLevel  `yaml:"level" reload:"live"`
}
