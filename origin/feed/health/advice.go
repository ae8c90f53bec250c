package health

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/packager/segment"
)

// Advise says what to do about an error of any input; nothing where that is not known.
func Advise(err error) Notice {
	if err == nil {
		return Notice{}
	}
	for _, find := range []func(error) string{adviseKnown, adviseLoss, adviseNetwork, adviseText} {
		if code := find(err); code != "" {
			return Notice{Code: code}
		}
	}
	return Notice{}
}

// adviseKnown knows the errors that have a value of their own.
func adviseKnown(err error) string {
	for _, known := range []struct {
		err  error
		code string
	}{
		{publish.ErrWrongKey, AdviseKey},
		{publish.ErrAttempts, AdviseAttempts},
		{publish.ErrTaken, AdviseTaken},
		{publish.ErrTakenOver, AdviseTaken},
		{publish.ErrFull, AdviseFull},
		{publish.ErrUnknownFeed, AdviseUnknownFeed},
		{publish.ErrKicked, AdviseNobody},
		{guard.ErrRefused, AdviseGuard},
		{input.ErrNoTracks, AdviseTracks},
		{input.ErrNoParameters, AdviseParameters},
		{input.ErrNoKeyframe, AdviseKeyFrames},
		{input.ErrTooMuch, AdviseLimit},
		{segment.ErrNoSync, AdviseKeyFrames},
		{segment.ErrForcedCut, AdviseKeyFrames},
		{segment.ErrTooLarge, AdviseMemory},
		{publish.ErrLeft, AdviseClosed}, // The last, because it wraps why.
	} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	if errors.Is(err, input.ErrSilent) {
		if strings.Contains(err.Error(), "no datagram") {
			return AdviseDatagrams
		}
		return AdviseFrozen
	}
	var track *input.UnsupportedTrackError
	if errors.As(err, &track) {
		return AdviseCodec
	}
	return ""
}

func adviseLoss(err error) string {
	var loss *input.LossError
	switch {
	case !errors.As(err, &loss):
		return ""
	case loss.Dropped > 0:
		return AdviseSlow
	case loss.Lost > 0:
		return AdviseLoss
	}
	return AdviseBroken
}

// adviseNetwork knows the errors of sockets, names and certificates.
func adviseNetwork(err error) string {
	var unknown *net.DNSError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var network net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return AdviseRefused
	case errors.Is(err, syscall.EADDRINUSE):
		return AdviseListening
	case errors.Is(err, syscall.ENOSPC):
		return AdviseDisk
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return AdviseUnreachable
	case errors.As(err, &unknown):
		return AdviseName
	case errors.As(err, &authority), errors.As(err, &hostname), errors.As(err, &invalid):
		return AdviseCertificate
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &network) && network.Timeout():
		return AdviseTimeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return AdviseClosed
	}
	return ""
}

// adviseText knows the errors that libraries give as words only.
func adviseText(err error) string {
	text := strings.ToLower(err.Error())
	for _, known := range []struct{ words, code string }{
		{"film ", AdviseFile},
		{"is not mpeg-ts", AdviseNotTS},
		{"no program tables", AdviseNotTS},
		{"no such program", AdviseProgram},
		{"scrambled", AdviseEncrypted},
		{"is encrypted", AdviseEncrypted},
		{"no media connection", AdviseDatagrams},
		{"ext-x-endlist", AdviseEnded},
		{"inputs.folders", AdviseFile},
		{"no such file", AdviseFile},
		{"are played", AdviseFile},
		{"not an offer", AdviseCodec},
		{"client offers n", AdviseCodec},
		{"not speak rtmp", AdviseProtocol},
		{"speaks tls", AdviseProtocol},
		{"does not keep to srt", AdviseProtocol},
		{"server refuses", AdvisePath},
		{"is over", AdviseEnded},
		{"no answer", AdviseTimeout},
		{"fell silent", AdviseClosed},
		{"not heard of any more", AdviseClosed},
		{"peer ended", AdviseClosed},
		{"cannot be decrypted", AdvisePassphrase},
		{"passphrase", AdvisePassphrase},
		{"bad secret", AdvisePassphrase},
		{"user name and password", AdviseCredentials},
		{"code: 401", AdviseCredentials},
		{"unauthorized", AdviseCredentials},
		{"authentication", AdviseCredentials},
		{"no such stream", AdvisePath},
		{"code: 404", AdvisePath},
		{"not found", AdvisePath},
		{"fingerprint", AdviseCertificate},
		{"certificate", AdviseCertificate},
		{"sender's clock", AdviseClock},
		{"of one clock", AdviseOneClock}, // Also where one runs off the other.
		{"connection refused", AdviseRefused},
		{"i/o timeout", AdviseTimeout},
		{"timeout", AdviseTimeout},
		{"timed out", AdviseTimeout},
		{"eof", AdviseClosed},
		{"reset by peer", AdviseClosed},
		{"continu", AdviseLoss},
		{"keyframe", AdviseKeyFrames},
		{"key frame", AdviseKeyFrames},
		{"store ", AdviseDisk},
		{"codec", AdviseCodec},
	} {
		if strings.Contains(text, known.words) {
			return known.code
		}
	}
	return ""
}
