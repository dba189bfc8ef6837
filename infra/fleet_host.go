package main

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/infra/host"
)

// groupID is the logical id of the Auto Scaling group in its stack, which signals name.
const groupID = "Group"

// readyScript tells CloudFormation, at the end of the first boot, that the sensor hears and can store, or that it does not. Instances that
// load asked for tell it as well, and are told that nobody waits.
const readyScript = `
# CloudFormation replaces the next sensor when this one is well.
for _ in {1..120}; do
  well=$(curl --silent --output /dev/null --max-time 2 --write-out '%%{http_code}' http://127.0.0.1:%d/healthz || true)
  [[ $well == 200 ]] && break
  sleep 5
done
token=$(curl --silent --fail --max-time 5 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
instance=$(curl --silent --fail --max-time 5 --header "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
status=FAILURE
[[ $well == 200 ]] && status=SUCCESS
aws cloudformation signal-resource --region '%s' --stack-name '%s' --logical-resource-id '%s' --unique-id "$instance" --status "$status" ||
  echo "mirrorwatch: nobody waits for this instance's $status" >&2
`

// userData gives the script of an instance's first boot: what makes it a sensor, and that it says when it is one.
func (m *fleetmaker) userData(program binary) (string, error) {
	script, err := host.UserData(host.Boot{
		Fleet: m.environment(), Region: m.p.region, URL: "s3://" + program.Bucket + "/" + program.Key, SHA256: program.SHA256,
	})
	if err != nil {
		return "", err
	}
	script += fmt.Sprintf(readyScript, host.SidePort, m.p.region, *m.s.StackName(), groupID)
	if len(script) > host.MostBoot {
		return "", fmt.Errorf("make user data: %d bytes, and EC2 takes %d", len(script), host.MostBoot)
	}
	return script, nil
}
