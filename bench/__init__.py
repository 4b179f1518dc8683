"""O benchmark do parimpar: o mesmo trabalho, lado a lado, em razões. Use: python -m bench"""
