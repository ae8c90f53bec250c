package object

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// fail gives an error of the store the meaning that all stores share.
func (b *Bucket) fail(ctx context.Context, w *watchdog, doing, name string, err error) error {
	if parent := ctx.Err(); parent != nil {
		if errors.Is(parent, context.DeadlineExceeded) {
			return fmt.Errorf("%s %s: %w: %w", doing, name, ErrAway, parent)
		}
		return fmt.Errorf("%s %s: %w", doing, name, parent)
	}
	if w.bit() {
		return fmt.Errorf("%s %s: %w: %w (%v)", doing, name, ErrAway, errSilent, b.Timeout)
	}

	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return fmt.Errorf("%s %s: %w: %w", doing, name, ErrAway, err)
	}
	if answer.Code == minio.NoSuchBucket {
		b.prepared.Store(false) // the next operation makes it again
	}
	err = fmt.Errorf("%w (%s, status %d)", err, answer.Code, answer.StatusCode)
	if meaning := answerMeaning(answer); meaning != nil {
		return fmt.Errorf("%s %s: %w: %w", doing, name, meaning, err)
	}
	return fmt.Errorf("%s %s: the store refused it: %w", doing, name, err)
}

// answerMeaning returns the error of ours that an S3 answer stands for; nil where the store refuses for good.
func answerMeaning(answer minio.ErrorResponse) error {
	switch answer.Code {
	case minio.NoSuchKey:
		// minio-go takes any 404 for it. A reverse proxy answers 404 too while the store behind it restarts, and to
		// believe that would be to believe that the archive is gone. A store's own answer is XML or has a request id.
		if answer.XMLName.Local == "" && answer.RequestID == "" {
			return ErrAway
		}
		return ErrNotFound
	case minio.NoSuchBucket:
		return ErrAway
	case "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded":
		return ErrFull
	case "XMinioParentIsObject", "XMinioObjectExistsAsDirectory":
		return ErrBadName
	}
	switch status := answer.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		// Wrong credentials, a policy or a wrong clock: an operator's to mend, and no fault of the object.
		return ErrAway
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return ErrAway
	case status >= 300 && status < 400:
		return ErrAway // another region, or a proxy's sign-in page
	}
	return nil
}
