"""Every call of the imitation, asked by botocore: what it parses must be what AWS would have answered."""
from checks import ClientError, check, client, done, plain, refused, stage

ec2 = client("ec2")
TAGS = [{"Key": "mirrorwatch:deployment", "Value": "a<b>&\"c'"}, {"Key": "Ünïcode", "Value": "日本 \u2028"}]


def spec(kind, tags=TAGS):
    return [{"ResourceType": kind, "Tags": tags}]


def world():
    vpcs = ec2.describe_vpcs(VpcIds=[stage["vpc"]])["Vpcs"]
    check("vpc", [(v["VpcId"], v["CidrBlock"], v["OwnerId"], v["State"]) for v in vpcs], [(stage["vpc"], stage["cidr"], stage["account"], "available")])
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [stage["vpc"]]}])["Subnets"]
    check("subnets", [s["SubnetId"] for s in subnets], sorted(stage["subnets"]))
    check("subnet", (subnets[0]["VpcId"], subnets[0]["OwnerId"], subnets[0]["Ipv6Native"]), (stage["vpc"], stage["account"], False))
    reservations = ec2.describe_instances(InstanceIds=stage["instances"][:2])["Reservations"]
    instances = [i for r in reservations for i in r["Instances"]]
    check("instances", sorted(i["InstanceId"] for i in instances), sorted(stage["instances"][:2]))
    check("instance", (instances[0]["InstanceType"], instances[0]["State"], instances[0]["VpcId"]), ("m5.large", {"Code": 16, "Name": "running"}, stage["vpc"]))
    first = next(i for i in instances if i["InstanceId"] == stage["instances"][0])
    check("addresses of an instance", (first["PublicIpAddress"], first["PrivateIpAddress"][:3]), ("203.0.113.80", "10."))
    check("instance profile", first["IamInstanceProfile"]["Arn"], f"arn:aws:iam::{stage['account']}:instance-profile/web")
    check("instance has its interface", len(instances[0]["NetworkInterfaces"]), 1)
    check("launch time is read as a time", instances[0]["LaunchTime"].tzinfo is not None, True)
    eni = ec2.describe_network_interfaces(NetworkInterfaceIds=[stage["enis"][0]])["NetworkInterfaces"][0]
    check("interface", (eni["VpcId"], eni["InterfaceType"], eni["Status"], eni["OwnerId"], eni["RequesterManaged"]),
          (stage["vpc"], "interface", "in-use", stage["account"], False))
    check("attachment", (eni["Attachment"]["InstanceId"], eni["Attachment"]["DeviceIndex"], eni["Attachment"]["Status"]), (stage["instances"][0], 0, "attached"))
    check("public address", (eni["Association"]["PublicIp"], eni["PrivateIpAddresses"][0]["Association"]["PublicIp"]), ("203.0.113.80", "203.0.113.80"))
    check("addresses", [a["PrivateIpAddress"] for a in eni["PrivateIpAddresses"] if a["Primary"]], [eni["PrivateIpAddress"]])
    types = ec2.describe_instance_types(InstanceTypes=["m5.large"])["InstanceTypes"]
    check("instance type", types, [{"InstanceType": "m5.large", "BareMetal": False, "Hypervisor": "nitro"}])
    pages = list(ec2.get_paginator("describe_network_interfaces").paginate(PaginationConfig={"PageSize": 5}))
    ids = [n["NetworkInterfaceId"] for page in pages for n in page["NetworkInterfaces"]]
    check("interfaces by pages", (len(ids), len(set(ids)), set(stage["enis"]) <= set(ids), len(pages) > 2), (len(ids), len(ids), True, True))
    check("no interface is an empty list", ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": ["subnet-0123456789abcdef0"]}])["NetworkInterfaces"], [])
    regions = ec2.describe_regions()["Regions"]
    check("regions", stage["region"] in [r["RegionName"] for r in regions], True)


def filters():
    made = ec2.create_traffic_mirror_filter(Description="all <of> it", TagSpecifications=spec("traffic-mirror-filter"), ClientToken="filter-1")
    want = {"TrafficMirrorFilterId": "tmf-#", "IngressFilterRules": [], "EgressFilterRules": [], "NetworkServices": [], "Description": "all <of> it", "Tags": TAGS}
    check("filter made", plain(made), {"TrafficMirrorFilter": want, "ClientToken": "filter-1"})
    fid = made["TrafficMirrorFilter"]["TrafficMirrorFilterId"]
    again = ec2.create_traffic_mirror_filter(Description="all <of> it", TagSpecifications=spec("traffic-mirror-filter"), ClientToken="filter-1")
    check("same token, same filter", again["TrafficMirrorFilter"]["TrafficMirrorFilterId"], fid)
    refused("same token, other filter", "IdempotentParameterMismatch", 400, ec2.create_traffic_mirror_filter, Description="other", ClientToken="filter-1")
    refused("dry run", "DryRunOperation", 412, ec2.create_traffic_mirror_filter, DryRun=True)

    rule = dict(TrafficMirrorFilterId=fid, TrafficDirection="ingress", RuleNumber=20, RuleAction="accept", Protocol=6,
                DestinationPortRange={"FromPort": 80, "ToPort": 443}, SourceCidrBlock="0.0.0.0/0", DestinationCidrBlock="10.0.0.0/8", Description="web")
    made = ec2.create_traffic_mirror_filter_rule(**rule, ClientToken="rule-1")
    shape = {**rule, "TrafficMirrorFilterId": "tmf-#", "TrafficMirrorFilterRuleId": "tmfr-#"}
    got = plain(made["TrafficMirrorFilterRule"])
    got.pop("Tags", None)
    check("rule made", got, shape)
    refused("rule number is taken", "TrafficMirrorFilterRuleAlreadyExists", 400, ec2.create_traffic_mirror_filter_rule, **rule)
    refused("two families", "InvalidParameterValue", 400, ec2.create_traffic_mirror_filter_rule, **{**rule, "RuleNumber": 21, "SourceCidrBlock": "::/0"})
    rid = made["TrafficMirrorFilterRule"]["TrafficMirrorFilterRuleId"]
    out = ec2.create_traffic_mirror_filter_rule(TrafficMirrorFilterId=fid, TrafficDirection="egress", RuleNumber=10, RuleAction="reject",
                                                SourceCidrBlock="::/0", DestinationCidrBlock="::/0")["TrafficMirrorFilterRule"]
    check("a rule for every protocol and port has neither", ("Protocol" in out, "SourcePortRange" in out), (False, False))

    now = ec2.modify_traffic_mirror_filter_rule(TrafficMirrorFilterRuleId=rid, RuleNumber=15, SourcePortRange={"FromPort": 1024, "ToPort": 65535},
                                                RemoveFields=["destination-port-range", "description"])["TrafficMirrorFilterRule"]
    check("rule changed", (now["RuleNumber"], now.get("SourcePortRange"), now.get("DestinationPortRange"), now.get("Description"), now["Protocol"]),
          (15, {"FromPort": 1024, "ToPort": 65535}, None, None, 6))
    now = ec2.modify_traffic_mirror_filter_rule(TrafficMirrorFilterRuleId=rid, RemoveFields=["source-port-range", "protocol"], RuleAction="reject")["TrafficMirrorFilterRule"]
    check("rule for everything", (now.get("Protocol"), now.get("SourcePortRange"), now["RuleAction"], now["RuleNumber"]), (None, None, "reject", 15))
    services = ec2.modify_traffic_mirror_filter_network_services(TrafficMirrorFilterId=fid, AddNetworkServices=["amazon-dns"])
    check("services", services["TrafficMirrorFilter"]["NetworkServices"], ["amazon-dns"])
    got = ec2.describe_traffic_mirror_filters(TrafficMirrorFilterIds=[fid])["TrafficMirrorFilters"][0]
    check("filter read", ([r["RuleNumber"] for r in got["IngressFilterRules"]], [r["RuleAction"] for r in got["EgressFilterRules"]], got["NetworkServices"], got["Tags"]),
          ([15], ["reject"], ["amazon-dns"], TAGS))
    if hasattr(ec2, "describe_traffic_mirror_filter_rules"):
        rules = ec2.describe_traffic_mirror_filter_rules(TrafficMirrorFilterId=fid, Filters=[{"Name": "traffic-direction", "Values": ["in*"]}])
        check("rules read", [r["TrafficMirrorFilterRuleId"] for r in rules["TrafficMirrorFilterRules"]], [rid])
    else:
        print("not asked: this botocore does not know DescribeTrafficMirrorFilterRules")
    services = ec2.modify_traffic_mirror_filter_network_services(TrafficMirrorFilterId=fid, RemoveNetworkServices=["amazon-dns"])
    check("services gone", services["TrafficMirrorFilter"]["NetworkServices"], [])
    check("rule deleted", ec2.delete_traffic_mirror_filter_rule(TrafficMirrorFilterRuleId=rid)["TrafficMirrorFilterRuleId"], rid)
    refused("rule is gone", "InvalidTrafficMirrorFilterRuleId.NotFound", 400, ec2.delete_traffic_mirror_filter_rule, TrafficMirrorFilterRuleId=rid)
    return fid


def targets():
    made = ec2.create_traffic_mirror_target(NetworkLoadBalancerArn=stage["nlb"], Description="fleet", TagSpecifications=spec("traffic-mirror-target"), ClientToken="t-1")
    want = {"TrafficMirrorTargetId": "tmt-#", "NetworkLoadBalancerArn": plain(stage["nlb"]), "Type": "network-load-balancer", "Description": "fleet",
            "OwnerId": stage["account"], "Tags": TAGS}
    check("target made", plain(made), {"TrafficMirrorTarget": want, "ClientToken": "t-1"})
    tid = made["TrafficMirrorTarget"]["TrafficMirrorTargetId"]
    check("target read", plain(ec2.describe_traffic_mirror_targets(TrafficMirrorTargetIds=[tid])), {"TrafficMirrorTargets": [want]})
    found = ec2.describe_traffic_mirror_targets(Filters=[{"Name": "network-load-balancer-arn", "Values": [stage["nlb"]]}])["TrafficMirrorTargets"]
    check("target found", tid in [t["TrafficMirrorTargetId"] for t in found], True)
    own = ec2.create_traffic_mirror_target(NetworkInterfaceId=stage["sensor"])["TrafficMirrorTarget"]
    check("target of an interface", (own["Type"], own["NetworkInterfaceId"], own.get("Tags")), ("network-interface", stage["sensor"], []))
    check("target deleted", ec2.delete_traffic_mirror_target(TrafficMirrorTargetId=own["TrafficMirrorTargetId"])["TrafficMirrorTargetId"], own["TrafficMirrorTargetId"])
    refused("target is gone", "InvalidTrafficMirrorTargetId.NotFound", 400, ec2.delete_traffic_mirror_target, TrafficMirrorTargetId=own["TrafficMirrorTargetId"])
    return tid


def sessions(fid, tid):
    ask = dict(NetworkInterfaceId=stage["enis"][0], TrafficMirrorTargetId=tid, TrafficMirrorFilterId=fid, SessionNumber=5, VirtualNetworkId=70001,
               PacketLength=1500, Description="web & more", TagSpecifications=spec("traffic-mirror-session"), ClientToken="s-1")
    made = ec2.create_traffic_mirror_session(**ask)
    want = {"TrafficMirrorSessionId": "tms-#", "TrafficMirrorTargetId": "tmt-#", "TrafficMirrorFilterId": "tmf-#", "NetworkInterfaceId": "eni-#",
            "OwnerId": stage["account"], "PacketLength": 1500, "SessionNumber": 5, "VirtualNetworkId": 70001, "Description": "web & more", "Tags": TAGS}
    check("session made", plain(made), {"TrafficMirrorSession": want, "ClientToken": "s-1"})
    sid = made["TrafficMirrorSession"]["TrafficMirrorSessionId"]
    check("same token, same session", ec2.create_traffic_mirror_session(**ask)["TrafficMirrorSession"]["TrafficMirrorSessionId"], sid)
    refused("same token, other session", "IdempotentParameterMismatch", 400, ec2.create_traffic_mirror_session, **{**ask, "SessionNumber": 6})
    bare = {k: ask[k] for k in ("NetworkInterfaceId", "TrafficMirrorTargetId", "TrafficMirrorFilterId")}
    refused("dry run", "DryRunOperation", 412, ec2.create_traffic_mirror_session, **bare, SessionNumber=9, DryRun=True)
    refused("number is taken", "InvalidParameterValue", 400, ec2.create_traffic_mirror_session, **bare, SessionNumber=5)
    refused("number is too high", "InvalidParameterValue", 400, ec2.create_traffic_mirror_session, **bare, SessionNumber=32767)
    refused("VNI is too high", "InvalidParameterValue", 400, ec2.create_traffic_mirror_session, **bare, SessionNumber=9, VirtualNetworkId=1 << 24)
    refused("no such filter", "InvalidTrafficMirrorFilterId.NotFound", 400, ec2.create_traffic_mirror_session,
            **{**bare, "TrafficMirrorFilterId": "tmf-0123456789abcdef0"}, SessionNumber=9)
    refused("no such interface", "InvalidNetworkInterfaceID.NotFound", 400, ec2.create_traffic_mirror_session,
            **{**bare, "NetworkInterfaceId": "eni-0123456789abcdef0"}, SessionNumber=9)
    refused("tags of something else", "InvalidParameterValue", 400, ec2.create_traffic_mirror_session, **bare, SessionNumber=9, TagSpecifications=spec("instance"))
    more = [ec2.create_traffic_mirror_session(**bare, SessionNumber=n)["TrafficMirrorSession"]["TrafficMirrorSessionId"] for n in (6, 7)]
    refused("a fourth of one interface", "TrafficMirrorSessionsPerInterfaceLimitExceeded", 400, ec2.create_traffic_mirror_session, **bare, SessionNumber=8)
    for eni in stage["enis"][1:12]:
        more.append(ec2.create_traffic_mirror_session(**{**bare, "NetworkInterfaceId": eni}, SessionNumber=1)["TrafficMirrorSession"]["TrafficMirrorSessionId"])
    read_sessions(sid, fid, more)

    now = ec2.modify_traffic_mirror_session(TrafficMirrorSessionId=sid, SessionNumber=3, VirtualNetworkId=70002, PacketLength=200, Description="other")
    check("session changed", plain(now), {"TrafficMirrorSession": {**want, "SessionNumber": 3, "VirtualNetworkId": 70002, "PacketLength": 200, "Description": "other"}})
    now = ec2.modify_traffic_mirror_session(TrafficMirrorSessionId=sid, RemoveFields=["packet-length", "description"])["TrafficMirrorSession"]
    check("fields removed", (now.get("Description"), now.get("PacketLength"), now["SessionNumber"], now["VirtualNetworkId"]), (None, None, 3, 70002))
    refused("VNI removed", "UnsupportedOperation", 400, ec2.modify_traffic_mirror_session, TrafficMirrorSessionId=sid, RemoveFields=["virtual-network-id"])
    refused("a field removed and set", "InvalidParameterCombination", 400, ec2.modify_traffic_mirror_session,
            TrafficMirrorSessionId=sid, PacketLength=100, RemoveFields=["packet-length"])
    refused("filter is used", "TrafficMirrorFilterInUse", 400, ec2.delete_traffic_mirror_filter, TrafficMirrorFilterId=fid)
    refused("target is used", "TrafficMirrorTargetInUseException", 400, ec2.delete_traffic_mirror_target, TrafficMirrorTargetId=tid)
    return [sid] + more


def read_sessions(sid, fid, more):
    paginator = ec2.get_paginator("describe_traffic_mirror_sessions")
    mine = [{"Name": "traffic-mirror-filter-id", "Values": [fid]}]
    pages = list(paginator.paginate(Filters=mine, PaginationConfig={"PageSize": 5}))
    ids = [s["TrafficMirrorSessionId"] for page in pages for s in page["TrafficMirrorSessions"]]
    check("sessions by pages", ([len(p["TrafficMirrorSessions"]) for p in pages], sorted(ids)), ([5, 5, 4], sorted([sid] + more)))
    for name, value in (("network-interface-id", stage["enis"][0]), ("description", "web*"), ("session-number", "5"), ("virtual-network-id", "7000?"),
                        ("owner-id", stage["account"]), ("packet-length", "1500"), ("traffic-mirror-session-id", sid)):
        found = ec2.describe_traffic_mirror_sessions(Filters=mine + [{"Name": name, "Values": [value]}])["TrafficMirrorSessions"]
        check("filter " + name, sid in [s["TrafficMirrorSessionId"] for s in found], True)
        none = ec2.describe_traffic_mirror_sessions(Filters=mine + [{"Name": name, "Values": ["no-such"]}])["TrafficMirrorSessions"]
        check("filter " + name + " leaves out", none, [])
    read = ec2.describe_traffic_mirror_sessions
    refused("unknown filter", "InvalidParameterValue", 400, read, Filters=[{"Name": "colour", "Values": ["red"]}])
    refused("no such session", "InvalidTrafficMirrorSessionId.NotFound", 400, read, TrafficMirrorSessionIds=["tms-0123456789abcdef0"])
    refused("too few results", "InvalidParameterValue", 400, read, MaxResults=4)
    refused("too many results", "InvalidParameterValue", 400, read, MaxResults=1001)
    refused("a token of nobody's", "InvalidPaginationToken", 400, read, NextToken="bm9uZQ")
    refused("dry run", "DryRunOperation", 412, read, DryRun=True)


def tags(sid):
    ec2.create_tags(Resources=[sid, stage["enis"][0]], Tags=[{"Key": "stage", "Value": "one"}, {"Key": "empty", "Value": ""}])
    named = [{"Name": "resource-id", "Values": [sid]}, {"Name": "key", "Values": ["stage", "empty"]}]
    want = [{"Key": "empty", "ResourceId": sid, "ResourceType": "traffic-mirror-session", "Value": ""},
            {"Key": "stage", "ResourceId": sid, "ResourceType": "traffic-mirror-session", "Value": "one"}]
    check("tags", ec2.describe_tags(Filters=named)["Tags"], want)
    ec2.delete_tags(Resources=[sid], Tags=[{"Key": "stage", "Value": "two"}, {"Key": "empty", "Value": ""}])
    check("a tag of another value stays", ec2.describe_tags(Filters=named)["Tags"], want[1:])
    ec2.delete_tags(Resources=[sid], Tags=[{"Key": "stage"}])
    check("a tag without value goes", ec2.describe_tags(Filters=named)["Tags"], [])
    ec2.delete_tags(Resources=[sid])
    check("all of them go", ec2.describe_tags(Filters=named[:1])["Tags"], [])
    found = ec2.describe_tags(Filters=[{"Name": "tag:stage", "Values": ["one"]}])["Tags"]
    check("by key and value", [(t["ResourceId"], t["ResourceType"]) for t in found], [(stage["enis"][0], "network-interface")])
    pages = list(ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 5}))
    check("tags by pages", all(len(p["Tags"]) == 5 for p in pages[:-1]) and len(pages) > 1, True)
    refused("no such resource", "InvalidTrafficMirrorSessionId.NotFound", 400, ec2.create_tags, Resources=["tms-0123456789abcdef0"], Tags=[{"Key": "a", "Value": "b"}])


def machines():
    run = ec2.run_instances(ImageId="ami-12345678", InstanceType="m5.large", MinCount=2, MaxCount=2, SubnetId=stage["subnets"][0],
                            TagSpecifications=spec("instance", [{"Key": "Name", "Value": "made here"}]))
    ids = [i["InstanceId"] for i in run["Instances"]]
    check("instances made", [i["Tags"] for i in run["Instances"]], [[{"Key": "Name", "Value": "made here"}]] * 2)
    eni = ec2.create_network_interface(SubnetId=stage["subnets"][0], Description="second", TagSpecifications=spec("network-interface"))["NetworkInterface"]
    check("interface made", (eni["Status"], eni["Description"], eni["TagSet"]), ("available", "second", TAGS))
    attached = ec2.attach_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"], InstanceId=ids[0], DeviceIndex=1)["AttachmentId"]
    now = ec2.describe_network_interfaces(NetworkInterfaceIds=[eni["NetworkInterfaceId"]])["NetworkInterfaces"][0]
    check("attached", (now["Status"], now["Attachment"]["AttachmentId"], now["Attachment"]["DeviceIndex"]), ("in-use", attached, 1))
    ec2.detach_network_interface(AttachmentId=attached)
    ec2.delete_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"])
    refused("interface is gone", "InvalidNetworkInterfaceID.NotFound", 400, ec2.describe_network_interfaces, NetworkInterfaceIds=[eni["NetworkInterfaceId"]])
    stopped = ec2.stop_instances(InstanceIds=ids[:1])["StoppingInstances"][0]
    check("stopped", (stopped["InstanceId"], stopped["PreviousState"]["Name"]), (ids[0], "running"))
    ec2.modify_instance_attribute(InstanceId=ids[0], InstanceType={"Value": "c5.large"})
    ec2.start_instances(InstanceIds=ids[:1])
    now = ec2.describe_instances(InstanceIds=ids[:1])["Reservations"][0]["Instances"][0]
    check("of another type", (now["InstanceType"], now["State"]["Name"]), ("c5.large", "running"))
    gone = ec2.terminate_instances(InstanceIds=ids)["TerminatingInstances"]
    check("terminated", sorted(g["InstanceId"] for g in gone), sorted(ids))


def balancers():
    elb = client("elbv2")
    lb = elb.describe_load_balancers(LoadBalancerArns=[stage["nlb"]])["LoadBalancers"][0]
    check("load balancer", (lb["Type"], lb["State"]["Code"], lb["VpcId"]), ("network", "active", stage["vpc"]))
    listener = elb.describe_listeners(LoadBalancerArn=stage["nlb"])["Listeners"][0]
    check("listener", (listener["Protocol"], listener["Port"], listener["DefaultActions"][0]["TargetGroupArn"]), ("UDP", 4789, stage["targetGroup"]))
    refused("listener is there", "DuplicateListener", 400, elb.create_listener, LoadBalancerArn=stage["nlb"], Protocol="UDP", Port=4789,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": stage["targetGroup"]}])
    made = elb.create_listener(LoadBalancerArn=stage["nlb"], Protocol="UDP", Port=4790, DefaultActions=[{"Type": "forward", "TargetGroupArn": stage["targetGroup"]}])
    check("listener made", made["Listeners"][0]["Port"], 4790)
    second = made["Listeners"][0]["ListenerArn"]
    changed = elb.modify_listener(ListenerArn=second, DefaultActions=[{"Type": "forward", "TargetGroupArn": stage["targetGroup"]}])["Listeners"][0]
    check("listener changed", (changed["ListenerArn"], changed["DefaultActions"][0]["TargetGroupArn"]), (second, stage["targetGroup"]))
    refused("group of the change", "TargetGroupNotFound", 400, elb.modify_listener, ListenerArn=second,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": stage["targetGroup"] + "x"}])
    elb.delete_listener(ListenerArn=second)
    check("listener deleted", len(elb.describe_listeners(LoadBalancerArn=stage["nlb"])["Listeners"]), 1)
    refused("listener is gone", "ListenerNotFound", 400, elb.delete_listener, ListenerArn=second)
    group = elb.describe_target_groups(LoadBalancerArn=stage["nlb"])["TargetGroups"][0]
    check("target group", (group["TargetGroupArn"], group["Protocol"], group["Port"], group["TargetType"], group["VpcId"], group["LoadBalancerArns"]),
          (stage["targetGroup"], "UDP", 4789, "instance", stage["vpc"], [stage["nlb"]]))
    sticky = [{"Key": "stickiness.enabled", "Value": "true"}, {"Key": "stickiness.type", "Value": "source_ip"}]
    check("attributes set", elb.modify_target_group_attributes(TargetGroupArn=stage["targetGroup"], Attributes=sticky)["Attributes"], sticky)
    read = elb.describe_target_group_attributes(TargetGroupArn=stage["targetGroup"])["Attributes"]
    check("attributes read", [a for a in read if a["Key"].startswith("stickiness.")], sticky)
    cross = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    check("cross zone", elb.modify_load_balancer_attributes(LoadBalancerArn=stage["nlb"], Attributes=cross)["Attributes"], cross)
    read = elb.describe_load_balancer_attributes(LoadBalancerArn=stage["nlb"])["Attributes"]
    check("cross zone read", [a for a in read if a["Key"].startswith("load_balancing.")], cross)
    health = elb.describe_target_health(TargetGroupArn=stage["targetGroup"])["TargetHealthDescriptions"]
    check("health", [(h["Target"]["Id"], h["TargetHealth"]["State"]) for h in health], [tuple(h) for h in stage["health"]])
    refused("no such load balancer", "LoadBalancerNotFound", 400, elb.describe_load_balancers, LoadBalancerArns=[stage["nlb"] + "0"])


def groups():
    asg = client("autoscaling")
    got = asg.describe_auto_scaling_groups(AutoScalingGroupNames=[stage["group"]])["AutoScalingGroups"][0]
    check("group", (got["AutoScalingGroupName"], [i["InstanceId"] for i in got["Instances"]], [(t["Key"], t["Value"]) for t in got["Tags"]]),
          (stage["group"], stage["groupInstances"], [("mirrorwatch", "on")]))
    check("no group is an empty list", asg.describe_auto_scaling_groups(AutoScalingGroupNames=["none"])["AutoScalingGroups"], [])


def roles(tid):
    sts = client("sts")
    check("who", sts.get_caller_identity()["Account"], stage["account"])
    role = sts.assume_role(RoleArn=stage["role"], RoleSessionName="mirrorwatch", ExternalId="42")
    check("role", role["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{stage['other']}:assumed-role/mirrorwatch/mirrorwatch")
    other = role["Credentials"]
    check("who then", client("sts", credentials=other).get_caller_identity()["Arn"], role["AssumedRoleUser"]["Arn"])
    there = client("ec2", credentials=other)
    check("the other account's own", [v["OwnerId"] for v in there.describe_vpcs()["Vpcs"]], [stage["other"]])
    listener = client("elbv2").describe_listeners(LoadBalancerArn=stage["nlb"])["Listeners"][0]["ListenerArn"]
    refused("a listener of ours", "ListenerNotFound", 400, client("elbv2", credentials=other).delete_listener, ListenerArn=listener)
    refused("what is not shared", "InvalidTrafficMirrorTargetId.NotFound", 400, there.describe_traffic_mirror_targets, TrafficMirrorTargetIds=[tid])
    refused("no such role", "ValidationError", 400, sts.assume_role, RoleArn="arn:aws:iam::1:role/none", RoleSessionName="mirrorwatch")
    refused("denied role", "AccessDenied", 403, sts.assume_role, RoleArn=stage["role"] + "-denied", RoleSessionName="mirrorwatch")
    bad = client("ec2", credentials={"AccessKeyId": "AKIAUNKNOWN", "SecretAccessKey": "x", "SessionToken": None})
    refused("unknown key", "AuthFailure", 401, bad.describe_vpcs)
    forged = client("ec2", credentials={**other, "SessionToken": other["SessionToken"][:-9]})
    refused("forged token", "AuthFailure", 401, forged.describe_vpcs)
    bad = client("sts", credentials={"AccessKeyId": "AKIAUNKNOWN", "SecretAccessKey": "x", "SessionToken": None})
    refused("unknown key of STS", "InvalidClientTokenId", 403, bad.get_caller_identity)
    return other


def shares(tid, other):
    ram = client("ram")
    arn = f"arn:aws:ec2:{stage['region']}:{stage['account']}:traffic-mirror-target/{tid}"
    made = ram.create_resource_share(name="fleet", resourceArns=[arn], principals=[stage["other"]], allowExternalPrincipals=True,
                                     tags=[{"key": "mirrorwatch:deployment", "value": "x"}], clientToken="share-1")["resourceShare"]
    check("share made", (made["name"], made["owningAccountId"], made["allowExternalPrincipals"], made["status"]), ("fleet", stage["account"], True, "ACTIVE"))
    check("share read", [s["resourceShareArn"] for s in ram.get_resource_shares(resourceOwner="SELF", name="fleet")["resourceShares"]], [made["resourceShareArn"]])
    for kind, entity in (("RESOURCE", arn), ("PRINCIPAL", stage["other"])):
        inside = ram.get_resource_share_associations(associationType=kind, resourceShareArns=[made["resourceShareArn"]])["resourceShareAssociations"]
        check("in the share: " + kind, [(a["associatedEntity"], a["status"]) for a in inside], [(entity, "ASSOCIATED")])
    there = client("ram", credentials=other)
    waiting = there.get_resource_share_invitations()["resourceShareInvitations"]
    check("invitation", [(i["resourceShareArn"], i["senderAccountId"], i["status"]) for i in waiting], [(made["resourceShareArn"], stage["account"], "PENDING")])
    taken = there.accept_resource_share_invitation(resourceShareInvitationArn=waiting[0]["resourceShareInvitationArn"])["resourceShareInvitation"]
    check("accepted", (taken["status"], taken["resourceShareName"]), ("ACCEPTED", "fleet"))
    seen = client("ec2", credentials=other).describe_traffic_mirror_targets(TrafficMirrorTargetIds=[tid])["TrafficMirrorTargets"]
    check("the target is seen", [t["OwnerId"] for t in seen], [stage["account"]])
    ours = there.get_resource_shares(resourceOwner="OTHER-ACCOUNTS", name="fleet")["resourceShares"]
    check("share seen there", [s["owningAccountId"] for s in ours], [stage["account"]])
    ram.disassociate_resource_share(resourceShareArn=made["resourceShareArn"], principals=[stage["other"]])
    added = ram.associate_resource_share(resourceShareArn=made["resourceShareArn"], principals=[stage["other"]])["resourceShareAssociations"]
    check("associated", [(a["associatedEntity"], a["associationType"]) for a in added], [(stage["other"], "PRINCIPAL")])
    check("share deleted", ram.delete_resource_share(resourceShareArn=made["resourceShareArn"])["returnValue"], True)
    refused("share is gone", "UnknownResourceException", 400, ram.delete_resource_share, resourceShareArn=made["resourceShareArn"])


def parameters():
    ssm = client("ssm")
    got = ssm.get_parameter(Name="/mirrorwatch/policy")["Parameter"]
    check("parameter", (got["Value"], got["Type"], got["Version"]), ("deployment: <x>\n", "String", 1))
    refused("no such parameter", "ParameterNotFound", 400, ssm.get_parameter, Name="/none")


world()
fid = filters()
tid = targets()
made = sessions(fid, tid)
tags(made[0])
machines()
balancers()
groups()
other = roles(tid)
shares(tid, other)
parameters()
for sid in made:
    check("session deleted", ec2.delete_traffic_mirror_session(TrafficMirrorSessionId=sid)["TrafficMirrorSessionId"], sid)
refused("session is gone", "InvalidTrafficMirrorSessionId.NotFound", 400, ec2.delete_traffic_mirror_session, TrafficMirrorSessionId=made[0])
check("filter deleted", ec2.delete_traffic_mirror_filter(TrafficMirrorFilterId=fid)["TrafficMirrorFilterId"], fid)
check("target deleted", ec2.delete_traffic_mirror_target(TrafficMirrorTargetId=tid)["TrafficMirrorTargetId"], tid)
refused("filter is gone", "InvalidTrafficMirrorFilterId.NotFound", 400, ec2.describe_traffic_mirror_filters, TrafficMirrorFilterIds=[fid])
done()
