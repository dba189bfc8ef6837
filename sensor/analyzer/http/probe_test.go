package http

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

func TestProbe(t *testing.T) {
	long := strings.Repeat("a", analyzer.MaxProbe)
	for _, c := range []struct {
		d      flow.Dir
		head   string
		hinted bool
		want   analyzer.Verdict
	}{
		{flow.Orig, "GET / HTTP/1.1\r\n", false, analyzer.Yes},
		{flow.Orig, "\r\nPURGE /x y HTTP/1.0\n", false, analyzer.Yes},
		{flow.Orig, "M-SEARCH * HTTP/1.1\r\n", false, analyzer.Yes}, // over TCP this is HTTP
		{flow.Orig, "GET /\r\n", false, analyzer.No},
		{flow.Orig, "GET /\r\n", true, analyzer.Yes},
		{flow.Orig, "G", false, analyzer.Maybe},
		{flow.Orig, "", false, analyzer.Maybe},
		{flow.Orig, "GET /long", false, analyzer.Maybe},
		{flow.Orig, ("GET /" + long)[:analyzer.MaxProbe], false, analyzer.Yes},
		{flow.Orig, ("FOO /" + long)[:analyzer.MaxProbe], true, analyzer.No},
		{flow.Orig, long, true, analyzer.No},
		{flow.Orig, "OPTIONS sip:a@b SIP/2.0\r\n", true, analyzer.No},
		{flow.Orig, "DESCRIBE rtsp://h/ RTSP/1.0\r\n", true, analyzer.No},
		{flow.Orig, "PRI * HTTP/2.0\r\n", true, analyzer.No},
		{flow.Orig, "HELO x\r\n", true, analyzer.No},
		{flow.Orig, "EHLO example.com\r\n", true, analyzer.No},
		{flow.Orig, "NICK /foo\r\n", true, analyzer.No},
		{flow.Orig, "USER a b c :d\r\n", true, analyzer.No},
		{flow.Orig, "SSH-2.0-OpenSSH_9.6\r\n", true, analyzer.No},
		{flow.Orig, "\x16\x03\x01\x02\x00", true, analyzer.No},
		{flow.Orig, "HTTP/1.1 200 OK\r\n", true, analyzer.No},
		{flow.Resp, "HTTP/1.1 200 OK\r\n", false, analyzer.Yes},
		{flow.Resp, "HTTP/1.", false, analyzer.Maybe},
		{flow.Resp, "HTTP/2.0 200 OK", false, analyzer.No},
		{flow.Resp, "HTTP/1.1 OK", false, analyzer.No},
		{flow.Resp, "RTSP/1.0 200 OK\r\n", true, analyzer.No},
		{flow.Resp, "220 smtp", true, analyzer.No},
	} {
		if got := Spec.Probe(c.d, []byte(c.head), c.hinted); got != c.want {
			t.Errorf("%v %.40q hinted %v: got %d, want %d", c.d, c.head, c.hinted, got, c.want)
		}
	}
}

func TestSniff(t *testing.T) {
	for body, want := range map[string]string{
		"\x89PNG\r\n\x1a\n....":          "image/png",
		"RIFF\x10\x00\x00\x00WEBPVP8 ":   "image/webp",
		"MZ\x90\x00\x03\x00":             "application/x-dosexec",
		"MZ is how this sentence begins": "text/plain",
		"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00": "application/x-executable",
		"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00": "application/x-sharedlib",
		"\xca\xfe\xba\xbe\x00\x00\x00\x34":                                "application/x-java-applet",
		"\xca\xfe\xba\xbe\x00\x00\x00\x02":                                "application/x-mach-o-executable",
		"PK\x03\x04\x14\x00\x00\x00\x08\x00":                              "application/zip",
		"PK\x03\x04\x14\x00\x00\x00\x08\x00META-INF/MANIFEST":             "application/java-archive",
		"\x1f\x8b\x08\x00":                         "application/x-gzip",
		" \r\n<!DOCTYPE HTML PUBLIC":               "text/html",
		"\xef\xbb\xbf<html>":                       "text/html",
		"<?xml version='1.0'?><rss>":               "text/rss",
		"<?xml version='1.0'?><a/>":                "application/xml",
		`{ "a": 1}`:                                "text/json",
		"[1,2]":                                    "text/json",
		"{curly} words":                            "text/plain",
		"#!/bin/sh\n":                              "text/x-shellscript",
		strings.Repeat("a\x00", 128) + "\x00ustar": "application/x-tar",
		"\x01\x02\x03":                             "",
		"":                                         "",
	} {
		if got := sniff([]byte(body)); got != want {
			t.Errorf("%.30q: got %q, want %q", body, got, want)
		}
	}
}
