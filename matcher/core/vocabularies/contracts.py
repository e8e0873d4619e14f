"""The five types of technology contracts (民法典 第二十章, 技术合同认定登记)."""

from matcher.core.labels import Label
from matcher.core.vocabularies.base import Vocabulary

CONTRACT_TYPE = Vocabulary(
    "contract_type",
    {
        "development": Label("技术开发", "Development"),
        "transfer": Label("技术转让", "Transfer"),
        "licence": Label("技术许可", "Licence"),
        "consulting": Label("技术咨询", "Consulting"),
        "service": Label("技术服务", "Service"),
    },
    aliases={"开发": "development", "转让": "transfer", "许可": "licence", "咨询": "consulting", "服务": "service"},
)
