package wire_test

import (
	"reflect"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// TestBotocoreUnderstands has botocore make every call and hold what it parses against what is known.
func TestBotocoreUnderstands(t *testing.T) {
	needModules(t, true, "boto3", "botocore")
	s, endpoint := open(t)
	script(t, "botocore_story.py", facts(t, s, endpoint))
	made := map[string]bool{}
	for _, account := range []string{stage.Account, stage.Other} {
		for call, n := range s.Cloud.Calls()[account+"/"+stage.Region] {
			made[call] = made[call] || n > 0
		}
	}
	for _, port := range []reflect.Type{
		reflect.TypeFor[ec2api.EC2](), reflect.TypeFor[ec2api.LoadBalancing](), reflect.TypeFor[ec2api.AutoScaling](), reflect.TypeFor[ec2api.Sharing](),
	} {
		for i := range port.NumMethod() {
			if call := port.Method(i).Name; !made[call] {
				t.Errorf("the script never asks for %s", call)
			}
		}
	}
}

// TestMotoAnswersTheSame asks moto the same as the imitation. Debian has no moto, so that it may be absent even where everything else is
// required.
func TestMotoAnswersTheSame(t *testing.T) {
	t.Parallel()
	needModules(t, false, "boto3", "moto.server", "flask")
	s, endpoint := open(t)
	script(t, "compare.py", facts(t, s, endpoint))
}
