package vod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// converted is what a conversion made, as the journal notes it: MP4 files in the work folder.
type converted struct {
	Files    []convertedFile `json:"files"`
	Duration time.Duration   `json:"duration"`
	Texts    bool            `json:"texts"`
}

type convertedFile struct {
	Rendition string `json:"rendition"` // empty for the main one
	Name      string `json:"name"`
}

const convertStep = "convert"

// convert has ffmpeg make MP4 files that fit: streams that do already are copied, a picture that does not is encoded in
// the sizes of the house ladder; where anew is set, all is encoded. reason is why the input is not taken as it is.
func (w *workshop) convert(ctx context.Context, reason error, anew bool) (*converted, error) {
	var done converted
	step := convertStep
	if anew {
		step = convertStep + " anew"
	}
	if data, ok := w.steps[step]; ok && json.Unmarshal(data, &done) == nil && w.whole(&done) {
		return &done, nil
	}
	if !w.tools.there() {
		return nil, needsFFmpeg(reason)
	}
	c, err := w.tools.probe(ctx, w.input)
	if err != nil {
		return nil, err
	}
	job, err := planConversion(c, anew)
	if err != nil {
		return nil, err
	}
	w.note("%s: %v: %s", w.input, reason, job.what())
	args := append(localOnly(), "-i", fileURL(w.input))
	args = append(args, job.filter()...)
	for i := range job.outputs {
		name := fmt.Sprintf("converted-%d-%d-%t.mp4", os.Getpid(), i, anew)
		if i < len(job.rungs) && i > 0 {
			done.Files = append(done.Files, convertedFile{job.rungs[i].name, name})
		} else {
			done.Files = append(done.Files, convertedFile{"", name})
		}
		args = append(args, job.outputs[i]...)
		args = append(args, "-sn", "-dn", "-map_chapters", "-1", "-f", "mp4", fileURL(filepath.Join(w.dir, name)))
	}
	done.Duration, done.Texts = c.duration(), c.hasTexts()
	err = w.tools.run(ctx, func(at time.Duration) {
		w.progress(Progress{Step: job.step(), Done: at, Total: done.Duration})
	}, args...)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(done)
	if err != nil {
		return nil, err
	}
	return &done, w.journal.note(line{Step: step, Data: data})
}

// whole says whether what a conversion made is still there.
func (w *workshop) whole(c *converted) bool {
	for _, f := range c.Files {
		if _, err := os.Stat(filepath.Join(w.dir, f.Name)); err != nil {
			return false
		}
	}
	return len(c.Files) > 0
}

// rung is one size of the house ladder.
type rung struct {
	name    string
	height  int // of a picture that is wider than high
	rate    int // kbit/s at most
	quality int // of x264, less is better
}

func ladder() []rung {
	return []rung{{"1080p", 1080, 6000, 21}, {"720p", 720, 3200, 21}, {"480p", 480, 1400, 22}}
}

// conversion is what ffmpeg is asked for.
type conversion struct {
	video     *stream
	copyVideo bool
	sound     []*stream
	rungs     []rung
	outputs   [][]string // of each file: maps and codecs
	encodes   bool
	anew      bool // nothing is copied
}

// planConversion decides which streams are copied and which are encoded: all of them where anew is set.
func planConversion(c *contents, anew bool) (*conversion, error) {
	j := &conversion{anew: anew}
	for i := range c.Streams {
		s := &c.Streams[i]
		switch {
		case s.Type == "video" && j.video == nil && s.Disposition["attached_pic"] == 0 && s.Width > 0:
			j.video = s
		case s.Type == "audio" && len(j.sound) < 7:
			j.sound = append(j.sound, s)
		}
	}
	if j.video == nil && len(j.sound) == 0 {
		return nil, errors.New("no picture and no sound")
	}
	if j.video != nil {
		j.copyVideo = !anew && fits(j.video)
	}
	if j.video == nil || j.copyVideo {
		j.outputs = [][]string{j.single()}
		return j, nil
	}
	j.encodes = true
	j.climb()
	return j, nil
}

// fits says whether a picture goes out as it is.
func fits(s *stream) bool {
	for _, d := range s.SideData {
		if d.Rotation != 0 {
			return false
		}
	}
	switch s.Codec {
	case "h264":
		return s.PixelFormat == "yuv420p" || s.PixelFormat == "yuvj420p"
	case "hevc":
		return s.PixelFormat == "yuv420p" || s.PixelFormat == "yuvj420p" || s.PixelFormat == "yuv420p10le"
	}
	return false
}

// single is the one file of a conversion whose picture is copied, or that has none.
func (j *conversion) single() []string {
	var args []string
	if j.video != nil {
		args = append(args, "-map", "0:"+strconv.Itoa(j.video.Index), "-c:v", "copy")
		if j.video.Codec == "hevc" {
			args = append(args, "-tag:v", "hvc1")
		}
	}
	return append(args, j.soundArgs()...)
}

// soundArgs copy AAC and encode other sound. Every track is made stereo at most: boxes fold more channels down badly.
func (j *conversion) soundArgs() []string {
	args := make([]string, 0, 10*len(j.sound))
	for i, s := range j.sound {
		n := strconv.Itoa(i)
		args = append(args, "-map", "0:"+strconv.Itoa(s.Index))
		if s.Codec == "aac" && !j.anew {
			args = append(args, "-c:a:"+n, "copy")
			continue
		}
		j.encodes = true
		args = append(args, "-c:a:"+n, "aac", "-b:a:"+n, "128k", "-ac:a:"+n, "2", "-ar:a:"+n, "48000")
	}
	return args
}

// climb chooses the rungs: those that are not larger than the picture, or one of its own size where it is small.
func (j *conversion) climb() {
	side := min(j.video.Width, j.video.Height)
	for _, r := range ladder() {
		if r.height <= side {
			j.rungs = append(j.rungs, r)
		}
	}
	if len(j.rungs) == 0 {
		small := ladder()[2]
		small.height = side &^ 1
		j.rungs = []rung{small}
	}
	for i, r := range j.rungs {
		args := []string{
			"-map", "[v" + strconv.Itoa(i) + "]", "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high",
			"-crf", strconv.Itoa(r.quality), "-maxrate", strconv.Itoa(r.rate) + "k", "-bufsize", strconv.Itoa(2*r.rate) + "k",
			// IDR pictures at the same times in all sizes, every 2 s, and nowhere else.
			"-g", "100000", "-sc_threshold", "0", "-forced-idr", "1", "-force_key_frames", "expr:gte(t,n_forced*2)",
		}
		if i == 0 {
			args = append(args, j.soundArgs()...)
		}
		j.outputs = append(j.outputs, args)
	}
}

// filter makes a picture of each rung.
func (j *conversion) filter() []string {
	if len(j.rungs) == 0 {
		return nil
	}
	graph := "[0:" + strconv.Itoa(j.video.Index) + "]"
	// Boxes show whole pictures, 60 a second at most, with 8 bits.
	switch j.video.FieldOrder {
	case "", "unknown", "progressive":
	default:
		graph += "yadif,"
	}
	graph += "format=yuv420p"
	if rate := fraction(j.video.FrameRate); rate > 61 || rate < 1 {
		graph += ",fps=30"
	}
	graph += ",split=" + strconv.Itoa(len(j.rungs))
	for i := range j.rungs {
		graph += "[s" + strconv.Itoa(i) + "]"
	}
	for i, r := range j.rungs {
		n, h := strconv.Itoa(i), strconv.Itoa(r.height)
		graph += ";[s" + n + "]scale=w='if(gte(iw,ih),-2," + h + ")':h='if(gte(iw,ih)," + h + ",-2)',setsar=1[v" + n + "]"
	}
	return []string{"-filter_complex", graph}
}

// fraction reads a rate such as 30000/1001.
func fraction(s string) float64 {
	var a, b float64
	if n, _ := fmt.Sscanf(s, "%g/%g", &a, &b); n != 2 || b == 0 {
		return 0
	}
	return a / b
}

func (j *conversion) step() string {
	if j.encodes {
		return "transcode"
	}
	return "remux"
}

// what tells the operator what is being done.
func (j *conversion) what() string {
	switch {
	case len(j.rungs) > 0:
		names := make([]string, len(j.rungs))
		for i, r := range j.rungs {
			names[i] = r.name
		}
		return fmt.Sprintf("encoding it with ffmpeg as %v", names)
	case j.encodes:
		return "encoding its sound with ffmpeg"
	}
	return "copying its streams with ffmpeg"
}
