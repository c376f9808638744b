"""Annotation keys that load balancers of the usual providers understand: suggestions, nothing depends on them."""

from django.utils.translation import gettext_lazy as _

PROVIDERS = (
    ("OpenELB", "lb.kubesphere.io/v1alpha1", _("openelb: this Service is served by OpenELB.")),
    ("OpenELB", "protocol.openelb.kubesphere.io/v1alpha1", _("layer2, bgp or vip.")),
    ("OpenELB", "eip.openelb.kubesphere.io/v1alpha2", _("The pool the address is taken from.")),
    ("Amazon EKS", "service.beta.kubernetes.io/aws-load-balancer-type", _("external: a network load balancer.")),
    ("Amazon EKS", "service.beta.kubernetes.io/aws-load-balancer-scheme", _("internal or internet-facing.")),
    ("Azure", "service.beta.kubernetes.io/azure-load-balancer-internal", _("true: only inside the virtual network.")),
    ("Google GKE", "networking.gke.io/load-balancer-type", _("Internal: only inside the network.")),
    ("Huawei CCE", "kubernetes.io/elb.class", _("union or performance.")),
    ("Alibaba ACK", "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", _("internet or intranet.")),
    (
        "Tencent TKE",
        "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid",
        _("The subnet of an inner address."),
    ),
    (
        "QingCloud",
        "service.beta.kubernetes.io/qingcloud-load-balancer-eip-source",
        _("mannual, auto or use-available."),
    ),
)
