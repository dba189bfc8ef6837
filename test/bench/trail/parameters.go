package main

import "fmt"

// The functions here write the parameters and answers of calls, in the shapes that AWS gives them.

func roleTaken(w *world) string {
	return fmt.Sprintf(`{"roleArn":"arn:aws:iam::111122223333:role/service-%d","roleSessionName":"%s","durationSeconds":3600}`, w.random.IntN(40), w.instance())
}

func credentials(w *world) string {
	return fmt.Sprintf(`{"credentials":{"accessKeyId":"ASIA%s","sessionToken":"%s","expiration":"Mar 2, 2026, 4:00:00 PM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEWEBROLE123:%s",`+
		`"arn":"arn:aws:sts::111122223333:assumed-role/web/%s"}}`, w.lot(16, capitals), w.lot(480, base64), w.instance(), w.instance())
}

func filter(w *world) string {
	return fmt.Sprintf(`{"maxResults":1000,"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-%s"}]}},{"name":"instance-state-name","valueSet":{"items":[{"value":"running"},{"value":"pending"}]}}]}}`, w.hex(17))
}

func encryption(w *world) string {
	return fmt.Sprintf(`{"encryptionContext":{"aws:ebs:id":"vol-%s"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`, w.hex(17))
}

func agent(w *world) string {
	return fmt.Sprintf(`{"instanceId":"%s","agentVersion":"3.3.1345.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"10.0.%d.%d","computerName":"ip-10-0-1-2.eu-central-1.compute.internal"}`,
		w.instance(), w.random.IntN(255), w.random.IntN(255))
}

func bucket(w *world) string {
	return fmt.Sprintf(`{"bucketName":"logs-%s","Host":"logs.s3.eu-central-1.amazonaws.com","acl":""}`, w.hex(8))
}

func stream(w *world) string {
	return fmt.Sprintf(`{"logGroupName":"/aws/lambda/orders","logStreamName":"2026/03/02/[$LATEST]%s"}`, w.hex(32))
}

func secret(w *world) string {
	return fmt.Sprintf(`{"secretId":"arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/db-%s"}`, w.lot(6, capitals))
}

func targets(w *world) string {
	return fmt.Sprintf(`{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/web/%s"}`, w.hex(16))
}

func newInterface(w *world) string {
	return fmt.Sprintf(`{"subnetId":"subnet-%s","description":"aws-K8S-%s","groupSet":{"items":[{"groupId":"sg-%s"}]},"privateIpAddressesSet":{},"clientToken":"%s"}`, w.hex(17), w.instance(), w.hex(17), w.uuid())
}

func madeInterface(w *world) string {
	return fmt.Sprintf(`{"requestId":"%s","networkInterface":{"networkInterfaceId":"eni-%s","subnetId":"subnet-%s","vpcId":"vpc-%s","availabilityZone":"eu-central-1a","ownerId":"111122223333","requesterManaged":false,`+
		`"status":"pending","macAddress":"02:aa:bb:cc:dd:ee","privateIpAddress":"10.0.1.%d","sourceDestCheck":true,"interfaceType":"interface"}}`, w.uuid(), w.hex(17), w.hex(17), w.hex(17), w.random.IntN(255))
}

func launch(w *world) string {
	return fmt.Sprintf(`{"instancesSet":{"items":[{"imageId":"ami-%s","minCount":1,"maxCount":1,"keyName":"ops"}]},"userData":"<sensitiveDataRemoved>","instanceType":"m7i.large","blockDeviceMapping":{},"monitoring":{"enabled":false},`+
		`"subnetId":"subnet-%s","groupSet":{"items":[{"groupId":"sg-%s"}]},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"Name","value":"web"},{"key":"Team","value":"shop"}]}]}}`, w.hex(17), w.hex(17), w.hex(17))
}

func ran(w *world) string {
	return fmt.Sprintf(`{"requestId":"%s","reservationId":"r-%s","ownerId":"111122223333","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-%s","imageId":"ami-%s","currentState":{"code":0,"name":"pending"},"instanceType":"m7i.large",`+
		`"placement":{"availabilityZone":"eu-central-1a","tenancy":"default"},"subnetId":"subnet-%s","vpcId":"vpc-%s","networkInterfaceSet":{"items":[{"networkInterfaceId":"eni-%s"}]}}]}}`, w.uuid(), w.hex(17), w.hex(17), w.hex(17), w.hex(17), w.hex(17), w.hex(17))
}

func ingress(w *world) string {
	return fmt.Sprintf(`{"groupId":"sg-%s","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"groups":{},"ipRanges":{"items":[{"cidrIp":"198.51.100.0/24","description":"office"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}`, w.hex(17))
}

func ruleMade(w *world) string {
	return fmt.Sprintf(`{"requestId":"%s","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"111122223333","groupId":"sg-%s","securityGroupRuleId":"sgr-%s","isEgress":false,"ipProtocol":"tcp","fromPort":22,"toPort":22,"cidrIpv4":"198.51.100.0/24"}]}}`, w.uuid(), w.hex(17), w.hex(17))
}

func user(*world) string { return `{"userName":"deploy"}` }

func keyMade(w *world) string {
	return fmt.Sprintf(`{"accessKey":{"userName":"deploy","accessKeyId":"AKIA%s","status":"Active","createDate":"Mar 2, 2026, 10:00:00 AM"}}`, w.lot(16, capitals))
}

func policy(*world) string {
	return `{"roleName":"web","policyName":"read","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:ListBucket\"],\"Resource\":\"*\"}]}"}`
}

func signedIn(*world) string { return `{"ConsoleLogin":"Success"}` }

func flowLogs(w *world) string {
	return fmt.Sprintf(`{"DeleteFlowLogsRequest":{"FlowLogId":{"content":"fl-%s","tag":1}}}`, w.hex(17))
}
